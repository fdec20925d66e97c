package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"stellwerk/internal/app"
)

// defaultPage is where the page of the demonstration is, unless somebody else has
// the port.
const defaultPage = "127.0.0.1:8080"

func newDemo() *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a simulated substation and PLC, the router and a simulated control centre",
		Long: `Demo runs the whole house in one process: a simulated substation and control centre,
which talk IEC 60870-5-104 over the loopback, a simulated PLC, which is asked by ADS,
and the router between them. The control centre interrogates, receives, and now and
then sends a command that runs through to the substation and comes back as return
information. All points are there as JSON over WebSocket, too.

The terminal shows the points as they are; where the output is no terminal, each
change is a line. The page shows the links, the points and every telegram.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd, page)
		},
	}
	cmd.Flags().StringVar(&page, "web", defaultPage, "address of the page")
	return cmd
}

func runDemo(cmd *cobra.Command, page string) error {
	out := cmd.OutOrStdout()
	var shown display = &changeLog{out: out}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		shown = newScreen(file)
	}
	demo, err := newDemoOn(page, shown)
	if err != nil {
		return withStatus(statusUsage, err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "The page is at %s - Ctrl-C ends the demonstration.\n", demo.App.Page())
	fmt.Fprintf(cmd.ErrOrStderr(), "The points are at %s as JSON over WebSocket.\n", demo.Feed())
	ctx, cancel := context.WithCancel(cmd.Context())
	var work sync.WaitGroup
	work.Go(func() { watch(ctx, demo.App, shown) })
	err = demo.Run(ctx)
	cancel()
	work.Wait()
	shown.close()
	return withStatus(statusUnreachable, err)
}

// newDemoOn makes the demonstration. Where the usual port of the page is taken, it
// takes a free one; a port that the user named must be free.
func newDemoOn(page string, shown display) (*app.Demo, error) {
	options := app.DemoOptions{
		Options: app.Options{Version: programVersion(), Log: slog.New(slog.DiscardHandler)},
		Web:     page, Seed: uint64(time.Now().UnixNano()),
		Event: shown.event,
	}
	demo, err := app.NewDemo(options)
	if page == defaultPage && errors.Is(err, syscall.EADDRINUSE) {
		options.Web = "127.0.0.1:0"
		demo, err = app.NewDemo(options)
	}
	return demo, err
}

// watch hands changes to the display until ctx ends.
func watch(ctx context.Context, house *app.App, shown display) {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	var cursor uint64
	for {
		changed, next, _ := house.Image().Changes(cursor, 1<<16)
		cursor = next
		rows := make([]row, len(changed))
		for i := range changed {
			rows[i] = rowOf(house, &changed[i])
		}
		links := make([]string, 0, 4)
		for _, name := range []string{"substation", "plc", "control", "feed"} {
			status, _ := house.Status(name)
			links = append(links, fmt.Sprintf("%s %s", name, status.State))
		}
		shown.update(rows, links, house.Page())
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// display shows the demonstration. Its methods may be called by several goroutines
// at the same time.
type display interface {
	// update shows what has changed.
	update(changed []row, links []string, page string)
	// event shows what the control centre does.
	event(text string)
	// close ends the display.
	close()
}

// changeLog writes a line for each change.
type changeLog struct {
	mu  sync.Mutex
	out io.Writer // guarded by mu
}

func (l *changeLog) update(changed []row, _ []string, _ string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range changed {
		if r.value == noValue {
			continue // nothing has happened to it yet
		}
		fmt.Fprintf(l.out, "%s  %-24s %-16s %14s %-5s %-10s %s\n", r.received, r.address, r.name, r.value, r.unit, r.quality, r.cause)
	}
}

func (l *changeLog) event(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%s  control centre: %s\n", time.Now().Format("15:04:05.000"), text)
}

func (*changeLog) close() {}
