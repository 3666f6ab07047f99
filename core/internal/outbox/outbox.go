// Package outbox holds the seam between accepting events and delivering them.
//
// An [Outbox] keeps records from the moment Send accepted them until they are
// settled. Implementations: core/internal/memory; durable and shared ones live
// in packages of their own. All of them pass the suite in
// core/internal/outboxtest. The types stay internal until version 1.
package outbox

import (
	"context"
	"errors"
	"time"
)

// ErrFull is returned by Put when the outbox refuses a record for lack of room.
var ErrFull = errors.New("outbox is full")

// ErrClosed is returned by Put after Close.
var ErrClosed = errors.New("outbox is closed")

// ID names a record inside its outbox. Those that Put returns to one process
// grow. What is leased from a shared outbox has another id, after all of these:
// Flush tells the two apart by it.
type ID struct{ Hi, Lo uint64 }

// After reports whether id was given out later than other.
func (id ID) After(other ID) bool {
	return id.Hi > other.Hi || id.Hi == other.Hi && id.Lo > other.Lo
}

// Record is one accepted event.
type Record struct {
	ID       ID        // set by Put
	Key      []byte    // idempotency key; may point into Body
	Body     []byte    // the request body, never changed after Put
	Accepted time.Time // when Send accepted it
	Attempts int       // requests made so far
	Low      bool      // may be shed first: automatic and explicit activity
	Err      error     // it cannot be read any more; to be given up

	// Mark is that of the process that accepted it, see Identify; "": unknown.
	// Only a shared outbox sets it.
	Mark string
}

// Outcome says what becomes of a record that was taken.
type Outcome struct {
	ID       ID
	Remove   bool      // settled: delivered, refused or expired
	RetryAt  time.Time // otherwise: not due before this moment
	Attempts int       // otherwise: the new number of attempts
}

// Outbox keeps records until they are settled. All methods may be called
// concurrently.
type Outbox interface {
	// Put keeps r and returns its id. It runs inside the bot's handler: it
	// costs memory or one append, never the network.
	Put(r Record) (ID, error)

	// Shared reports whether other processes put into this outbox and take from
	// it. Then a record is this process's own from Put until it is handed over,
	// and again while it is leased; and Take may have something at any time.
	Shared() bool

	// Sync makes what was Put as safe as this outbox can make it: a durable one
	// has it on disk, a shared one hands it over. It runs in the background and
	// may wait for a disk or a network. It is called once at a time: within
	// SyncAfter of a Put or Settle, or of the end of the call before, and some
	// time after an error; 0: never. handedOver are records that others can take
	// now; the caller settles them as removed, and until then Len counts them.
	Sync(ctx context.Context) (handedOver []ID, err error)
	SyncAfter() time.Duration

	// Identify keeps mark, which tells the destination of the records from
	// another without giving away its key, and returns the mark that was kept
	// before; "": none. A shared outbox does not wait for the network: it keeps
	// mark with each record, and returns "".
	Identify(mark string) (previous string, err error)

	// Take leases at most max records that are due at asOf, which may lie ahead:
	// those with the fewest attempts first, and among them the oldest. A leased
	// record is not given out again until it is settled or its lease, counted
	// from now, is over. If fewer than max were due, next is when to ask again;
	// zero: not before the next Put. With an error nothing is leased.
	Take(asOf time.Time, max int, lease time.Duration) (records []Record, next time.Time, err error)

	// Settle applies an outcome to a leased record; an unknown id is ignored, and
	// so is the retry of a record whose lease is over. An error means that it did
	// not take effect. What only could not be stored for the next start is
	// reported by Sync. Flush waits for it, whatever its context says: it may
	// write to a disk, but never wait for the network.
	Settle(Outcome) error

	// Len is the number of records that are not settled, leased ones included,
	// and, read at the same instant, the id that Put gave out last. Of a shared
	// outbox it counts this process's own.
	Len() (n int, last ID)

	// Place says in a log line where waiting records are: "memory", "disk".
	Place() string

	// Close refuses every further Put and returns what this outbox cannot keep
	// for the next start: everything for memory, nothing for a durable one, what
	// was not handed over for a shared one.
	Close() (lost []Record, err error)
}

// Sink is an Outbox that is the destination itself: what it takes counts as
// delivered, and the client starts nothing in the background. bbtest.Recorder
// is one.
type Sink interface {
	Outbox
	// Suppressed is told of every event that was not accepted.
	Suppressed(Suppressed)
}

// Suppressed describes an event that the client did not accept, and why.
type Suppressed struct {
	Name           string
	UserID, ChatID int64
	Payload        map[string]any
	OccurredAt     time.Time
	IdempotencyKey string
	Reason         string
}

// Bounds is the shedding rule that all outboxes share.
type Bounds struct {
	Events int
	Bytes  int64
}

// Admit reports whether a record fits beside the events and bytes already
// kept. Low records are refused from 80 % of either bound on, so that an
// outage fills the outbox with events that cannot be told again.
func (b Bounds) Admit(events int, bytes int64, r Record) bool {
	limitEvents, limitBytes := b.Events, b.Bytes
	if r.Low {
		limitEvents, limitBytes = limitEvents/5*4+limitEvents%5*4/5, limitBytes/5*4
	}
	return events < limitEvents && bytes+int64(len(r.Body)) <= limitBytes
}
