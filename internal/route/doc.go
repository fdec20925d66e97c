// Package route leads updates from the points of one link to those of another,
// and commands the other way.
//
// A [Router] is compiled from a configuration. It is the sink behind the process
// image: each update goes to the queue of every link that a route leads to, under
// the target's name, with its value converted as the route and the target's type
// say. It is also the commander of every link that takes values, and the source
// that answers their interrogations: what a control centre is told on request is
// what it would be told spontaneously.
//
// Between the same two links a route that names the very point goes before
// patterns, and among patterns the first that fits. A pattern steps back where its
// target is the target of a route that names it.
//
// Deny by default: without a route nothing passes, and without `commands: true`
// no command does.
package route
