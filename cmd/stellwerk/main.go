// Command stellwerk routes, simulates and analyses telecontrol and automation
// traffic. Its manual is docs/manual.md; testdata holds it as scripts that are
// tests.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker in releases.
var version = ""

func main() { os.Exit(run()) }

// run runs the program with the process's arguments and returns its exit
// status.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	return report(root.ErrOrStderr(), root.ExecuteContext(ctx))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "stellwerk",
		Short: "Route, simulate and analyse telecontrol and automation traffic",
		Long: `Stellwerk routes, simulates and analyses telecontrol and automation traffic:
IEC 60870-5-104 and WebSocket.

Start with "stellwerk demo", or with "stellwerk analyze" on a capture.

Results go to standard output, everything else to standard error. The exit
status is 0 when all is done, 1 when the answer is no or a finding, 2 for wrong
usage or configuration, and 3 when the other side could not be reached or broke
off.`,
		Version:       programVersion(),
		SilenceErrors: true,
		// Words that differ in two letters are taken for slips of the same.
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
		Args:                       noArguments,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(usageError)
	root.AddCommand(newAnalyze(), newReplay(), newRun(), newDemo(), newIEC104(), newADS(), newSimulate(), newTest(), newWS(), newJWT(), newCode())
	return root
}

// programVersion returns the version that the linker set, or what the go
// command recorded.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
