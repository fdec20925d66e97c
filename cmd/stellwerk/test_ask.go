package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"stellwerk/internal/conformance"
)

// person drives a control centre by asking who operates it.
type person struct {
	run   *testRun
	lines chan string // what is typed; closed at its end
	stop  context.CancelFunc
	job   sync.WaitGroup

	mu    sync.Mutex
	over  string          // why nobody is asked any more; guarded by mu
	unfit map[string]bool // actions that the control centre cannot do; guarded by mu
}

func newPerson(ctx context.Context, in io.Reader, run *testRun) *person {
	ctx, stop := context.WithCancel(ctx)
	p := &person{run: run, lines: make(chan string), stop: stop, unfit: map[string]bool{}}
	p.job.Go(func() {
		defer close(p.lines)
		scanner := bufio.NewScanner(interruptible(ctx, in))
		for scanner.Scan() {
			select {
			case p.lines <- strings.ToLower(strings.TrimSpace(scanner.Text())):
			case <-ctx.Done():
				return
			}
		}
	})
	run.talk("You will be asked to operate the control centre. Answer with a letter and Enter.")
	return p
}

func (p *person) close() {
	p.stop()
	p.job.Wait()
}

// Drive is part of [conformance.Driver].
func (p *person) Drive(ctx context.Context, a conformance.Action) error {
	if why := p.refuses(a); why != "" {
		return conformance.Unable(why)
	}
	if a.Count > 1 {
		return conformance.Unable("no person sends so many requests at once; a program does (--driver)")
	}
	if a.Timed {
		return conformance.Unable("no person can time this well enough; a program does (--driver)")
	}
	asked := a.Count == 0 && !a.Told
	text := a.Text
	if a.Count == 1 {
		text = "send a request of any kind, once"
	}
	p.run.talk("\n%s: let the control centre %s.", a.Case, text)
	choices := "Enter when it was told to, s it cannot do this, q ask no more"
	if asked {
		choices = "Then, what does it show? y done, n failed or nothing, s it cannot do this, q ask no more"
	}
	p.run.talk("  %s", choices)
	for {
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				p.end("nobody has answered")
			}
			return conformance.Unable("nobody has answered")
		case answer, open := <-p.lines:
			switch {
			case !open:
				return conformance.Unable(p.end("standard input has ended: nobody can answer"))
			case answer == "q":
				return conformance.Unable(p.end("you wanted to be asked no more"))
			case answer == "s":
				p.mu.Lock()
				p.unfit[kind(a)] = true
				p.mu.Unlock()
				return conformance.Unable("the control centre cannot do this, as you said")
			case asked && answer == "y", !asked && answer == "":
				return nil
			case asked && answer == "n":
				return errors.New("it shows a failure, or nothing")
			default:
				p.run.talk("  %s", choices)
			}
		}
	}
}

// end has nobody asked any more, and returns why.
func (p *person) end(why string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = why
	return why
}

// refuses says why an action need not be asked for.
func (p *person) refuses(a conformance.Action) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over == "" && p.unfit[kind(a)] {
		return "the control centre cannot do this, as you said"
	}
	return p.over
}

// kind is what the control centre can do, or cannot: an action with its type.
func kind(a conformance.Action) string {
	words := []string{a.Name}
	for _, argument := range a.Arguments {
		if strings.HasPrefix(argument, "type=") || strings.HasPrefix(argument, "select=") {
			words = append(words, argument)
		}
	}
	return strings.Join(words, " ")
}
