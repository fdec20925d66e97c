package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"stellwerk/internal/app"
	"stellwerk/internal/config"
)

func newRun() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Route between the links of a configuration",
		Long: `Run connects the links of a configuration and routes between their points until
it is interrupted. docs/examples/router.yaml is a configuration with comments.
SIGHUP lets it read the configuration again: if that has no mistakes, all links
start anew with it, and what waits for them is kept.

With --check the configuration is only read; every mistake is shown with its
place, and the exit status is 2 when there is any.`,
		Example: "  stellwerk run --check router.yaml\n  stellwerk run router.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(cmd, fmt.Errorf("run needs one configuration file, but was given %d", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := readConfig(args[0])
			if err != nil {
				return err
			}
			if check {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s, %s, %s: no mistakes\n", args[0],
					count(len(c.Links), "link"), count(len(c.Points), "point"), count(len(c.Routes), "route"))
				return nil
			}
			return runHouse(cmd, args[0], c)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "only read the configuration and show its mistakes")
	return cmd
}

// runHouse runs the house until the command's context ends. SIGHUP lets it read
// its configuration again: one without mistakes takes the place of the old one.
func runHouse(cmd *cobra.Command, path string, c *config.Config) error {
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	var before *app.App
	for {
		house, err := app.New(c, app.Options{Version: programVersion(), Log: log, Before: before})
		if err != nil {
			return withStatus(statusUsage, err)
		}
		if page := house.Page(); page != "" {
			fmt.Fprintln(cmd.ErrOrStderr(), "The page is at", page)
		}
		ctx, cancel := context.WithCancel(cmd.Context())
		ended := make(chan error, 1)
		go func() { ended <- house.Run(ctx) }()
		next, err := waitForReload(cmd, path, reload, ended)
		cancel()
		if next == nil {
			return withStatus(statusUnreachable, err)
		}
		if err := <-ended; err != nil {
			return withStatus(statusUnreachable, err)
		}
		c, before = next, house
	}
}

// waitForReload returns the configuration to go on with, or nil and why the house
// has ended.
func waitForReload(cmd *cobra.Command, path string, reload <-chan os.Signal, ended <-chan error) (*config.Config, error) {
	for {
		select {
		case err := <-ended:
			return nil, err
		case <-reload:
			c, err := readConfig(path)
			if err == nil {
				fmt.Fprintln(cmd.ErrOrStderr(), "The configuration has been read again; all links start anew.")
				return c, nil
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "The configuration stays as it was: %v\n", err)
		}
	}
}

// readConfig reads a configuration; errors have the status of wrong ones.
func readConfig(path string) (*config.Config, error) {
	c, err := app.Registry().Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = fmt.Errorf("there is no file %s; docs/examples/router.yaml shows what it holds", path)
	case errors.Is(err, os.ErrPermission):
		err = fmt.Errorf("the file %s may not be read", path)
	}
	return c, withStatus(statusUsage, err)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
