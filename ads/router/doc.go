// Package router is an AMS router: it brings ADS telegrams from program to
// program, on this machine and between machines.
//
//	r, err := router.New(&router.Options{NetID: ams.NetID{192, 168, 0, 9, 1, 1}})
//	err = r.AddRoute(router.Route{Name: "press", NetID: press, Address: "192.168.0.5"})
//	go r.ListenAndServe(ctx, "")
//
// Programs connect by TCP, or within the process by [Router.Dial], and register
// an AMS port, as they do with TwinCAT's router. Telegrams go by the NetId of
// their target: to a program of this machine, or over one TCP connection for
// each target, which all programs share. Each answer goes to who asked, whatever
// invoke IDs others use. What cannot be delivered the router answers itself, with
// an AMS error and no data: [ams.TargetPortNotFound] where no program has the
// port, [ams.TargetMachineNotFound] where there is no route or no connection, and
// [ams.MailboxFull] where a queue is full.
//
// Machines are heard only where there is a route to them, unless
// [Options.AcceptUnknown] says otherwise.
//
// [Discover], [AddRoute] and [DeleteRoute] speak to other machines by UDP,
// [Responder] answers such packets, and [Diagnose] says why a route does not
// work.
package router
