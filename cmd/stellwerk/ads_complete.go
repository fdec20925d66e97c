package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/ads"
	"stellwerk/ads/symbol"
)

const (
	completionTime = 1500 * time.Millisecond // that completing may take
	mostCompleted  = 500                     // names that are offered at once
)

// completeNames completes the names of variables behind the host, level by level:
// it asks the machine, for a short time. Most is how many names there are at
// most, 0 for as many as one likes.
func (f *adsFlags) completeNames(most int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		const none = cobra.ShellCompDirectiveNoFileComp
		if len(args) < 1 || most > 0 && len(args) > most {
			return nil, none
		}
		place, err := f.place(args[0])
		if err != nil {
			return nil, none
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		place.ask(ctx)
		conn, err := place.dial(ctx, place.address)
		if err != nil {
			return nil, none
		}
		client, err := ads.NewClient(conn, place.options())
		if err != nil {
			_ = conn.Close() // of no use
			return nil, none
		}
		defer client.Close() //nolint:errcheck // nothing is lost
		table, _ := client.Symbols(ctx)
		if table == nil {
			return nil, none
		}
		return adsNames(table, begun)
	}
}

// adsNames returns the names one level below what is complete of a name.
func adsNames(table *symbol.Table, begun string) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp
	above := ""
	if at := strings.LastIndexAny(begun, ".["); at >= 0 {
		above = begun[:at]
	}
	children, _ := table.Children(above, mostCompleted) // none is no names
	if v, err := table.Find(begun); err == nil && slices.ContainsFunc(children, func(c symbol.Child) bool {
		return !c.Leaf && strings.EqualFold(c.Path, begun)
	}) {
		children, _ = table.Children(v.Name, mostCompleted)
	}
	var names []string
	for _, child := range children {
		if !foldPrefix(child.Path, begun) {
			continue
		}
		name := child.Path
		if !child.Leaf {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		switch {
		case child.Type == nil && child.Symbol == nil:
			name += "."
		case child.Type != nil:
			name += "\t" + printable(child.Type.Name)
		}
		names = append(names, name)
	}
	return names, directive
}

// foldPrefix reports whether a name begins as was written, in any case.
func foldPrefix(name, begun string) bool {
	return len(name) >= len(begun) && strings.EqualFold(name[:len(begun)], begun)
}
