package store

// Bounds limit what a store keeps.
type Bounds struct {
	Events int
	Bytes  int64 // of bodies
}

// InMemory bounds what waits in the memory of one process: all events of the
// memory outbox, or those that a disk or Redis cannot take at the moment.
var InMemory = Bounds{Events: 10_000, Bytes: 16 << 20}

// Fits reports whether a record fits beside the events and bytes already kept.
// Sheddable records are refused from 80 % of either bound on, so that an outage
// fills the store with events that cannot be observed again.
func (b Bounds) Fits(events int, bytes int64, r Record) bool {
	limitEvents, limitBytes := b.Events, b.Bytes
	if r.Sheddable {
		limitEvents, limitBytes = limitEvents/5*4+limitEvents%5*4/5, limitBytes/5*4
	}
	return events < limitEvents && bytes+int64(len(r.Body)) <= limitBytes
}
