package app

import "stellwerk/internal/point"

// Queue returns what waits for a link.
func (a *App) Queue(name string) point.Queue { return a.queues[name] }
