// Package tf6770 offers WebSocket clients to PLCs: what FB_IotWebSocketClient of
// Beckhoff's TF6770 is to a PLC that has it, a [Service] is to one that has not.
// The clients run here; the PLC reaches them by ADS.
//
// A function block in Structured Text with the interface of the manual
// ([StructuredText]) does the talking for the PLC's programmer. What
// it says is documented in docs/tf6770-service.md and has types here: [Parameters]
// for connecting, [ExchangeRequest] and [ExchangeResponse] for everything else.
//
// A PLC may make this machine connect somewhere. A [Service] permits nothing of
// its own accord: see [Options].Permit.
package tf6770
