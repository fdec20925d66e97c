// Package journal keeps what waits for a destination on disk, until the far end
// has confirmed it: it is what a queue in memory is, and outlasts the program.
//
// A [Journal] is one SQLite file in WAL mode with any number of queues, one for
// each destination. A [Queue] implements point.Queue with the rules of
// point.MemoryQueue: order is kept, a newer measurand without a time takes the
// place of one that waits, measurands are let go before events.
//
// # What is guaranteed
//
// Put returns nil when its batch is on disk (fsync); batches that several
// goroutines put at the same time share a transaction. What was taken over is
// handed out until Done covers it, also after the program was killed or the
// power failed: then everything that was not confirmed comes again, in order,
// before what is new. So every update arrives at least once. One that was
// confirmed comes again only if the program ended within [releaseDelay] of the
// confirmation, before that was on disk.
//
// # When it does not work
//
// A disk that is full, a file that another program has locked, a device with
// errors: the journal takes nothing over until it can again, Put waits, and
// [Journal.Trouble] says why. It tries once a second. What was taken over stays.
//
// # Looking into the file
//
// The file may be read with any SQLite tool while the program runs; the view
// waiting shows what waits, in words. Reading for long lets the file with the
// suffix -wal grow. Writing to it is for the program alone, which holds a lock on
// the file with the suffix -lock.
package journal
