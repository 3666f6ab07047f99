package store

// Place is where a client puts what it accepts: a Store, from which it delivers,
// or a Destination.
type Place struct {
	Store       Store
	Destination Destination
}

// Handle is what public outbox types embed, under an unexported name, to be a
// bb.Outbox without showing the methods of their Store.
type Handle struct{ place Place }

// NewHandle returns the Handle of a Store.
func NewHandle(s Store) Handle { return Handle{Place{Store: s}} }

// NewDestination returns a Handle for a Destination.
func NewDestination(d Destination) Handle { return Handle{Place{Destination: d}} }

// Place implements bb.Outbox.
func (h Handle) Place() Place { return h.place }
