// Package store holds the seam between accepting events and delivering them.
//
// A [Store] keeps records from the moment Send accepted them until they are
// settled. Handlers put them into its [Inbox] half, delivery takes them from its
// [Source] half. [Memory] is the default; core/disk and core/redis have others.
// Every store passes the suite in core/internal/storetest. The types stay
// internal until version 1.
package store

import (
	"context"
	"errors"
	"time"
)

// ErrFull is returned by Put when there is no room for a record.
var ErrFull = errors.New("the outbox is full")

// ErrClosed is returned by Put after Close.
var ErrClosed = errors.New("the outbox is closed")

// ID names a record inside its store. Those that Put returns to one process
// grow. A record that another process may have put has an ID after all of these:
// Flush tells the two apart by it.
type ID struct{ Hi, Lo uint64 }

// After reports whether id was given out later than other.
func (id ID) After(other ID) bool {
	return id.Hi > other.Hi || id.Hi == other.Hi && id.Lo > other.Lo
}

// Record is one accepted event.
type Record struct {
	ID        ID            // set by the store
	Body      []byte        // the request body, never changed after Put
	Age       time.Duration // since Send accepted it
	Attempts  int           // requests made so far
	Sheddable bool          // activity: refused first when room gets short
	Recovered bool          // not put by this process: its age rests on a clock that may be wrong
	Err       error         // it cannot be read any more and is to be given up

	// Of an activity, for the throttle that processes share.
	Slot uint64 // whose window it took; 0: nobody's
	Date int64  // when it happened, in Unix milliseconds; 0: when Send accepted it

	// Fingerprint is that of the process that accepted it, see Identify; "":
	// unknown. Only a store that processes share sets it.
	Fingerprint string
}

// Outcome says what becomes of a record that was taken.
type Outcome struct {
	ID       ID
	Remove   bool          // settled: delivered, refused or given up
	RetryIn  time.Duration // otherwise: not due for so long, at most 10 minutes
	Hold     time.Duration // otherwise: not even early for so long, at most RetryIn
	Attempts int           // otherwise: the new number of attempts
}

// Free is when the record may be taken early; zero: at once.
func (out Outcome) Free(now time.Time) time.Time {
	if out.Hold <= 0 {
		return time.Time{}
	}
	return now.Add(out.Hold)
}

// Inbox is where accepted events go in. All methods may be called concurrently.
type Inbox interface {
	// Put keeps r and returns its ID. It runs inside the bot's handler: it
	// costs memory or one append, never the network.
	Put(r Record) (ID, error)

	// Len is the number of records put by this process that are neither settled
	// nor handed over, and, read at the same instant, the ID that Put gave out
	// last.
	Len() (n int, last ID)

	// Close refuses every further Put and returns what the store cannot keep for
	// the next start: everything for memory, what is not on disk for a durable
	// one, what was not handed over for a shared one.
	Close() (lost []Record, err error)
}

// Source is where delivery takes records from. All methods may be called
// concurrently.
type Source interface {
	// Take leases the record that is due with the fewest attempts, and among those
	// the oldest. With early, if none is due, the one that is due next counts as
	// due, of those that no outcome holds. A leased record is not given out again
	// until it is settled or its lease is over. If none is found, wait is when to
	// ask again; 0: not before the next Put. With an error nothing is leased.
	Take(early bool, lease time.Duration) (r Record, found bool, wait time.Duration, err error)

	// Settle applies the outcome to a leased record. It ignores an unknown ID, and
	// the retry of a record whose lease is over. An error means that it took no
	// effect; what only could not be stored for the next start is reported by
	// Sync. Flush waits for it, whatever its context says: it may write to a
	// disk, but never wait for the network.
	Settle(out Outcome) error
}

// Store keeps records between Put and Settle.
type Store interface {
	Inbox
	Source

	// Flow returns what the store holds for this process, and what came and went
	// by other ways than Put and Settle.
	Flow() Flow

	// Identify keeps the fingerprint of the destination, which tells it from
	// another without giving away its key. It returns the fingerprint that was
	// kept before; "": none. A shared store keeps it with each record instead,
	// and returns "".
	Identify(fingerprint string) (previous string, err error)

	// Name says in a log line where waiting records are: "memory", "disk".
	Name() string
}

// Flow is the store's part of a client's ledger.
type Flow struct {
	Pending    int    // records that this process has to settle, leased ones included
	Recovered  uint64 // records that this process did not put: of an earlier run, or taken from a shared store
	HandedOver uint64 // records moved, or given back, to where other processes take them
}

// Syncer is a Store whose Put is half of the way: a durable one has still to
// reach the disk, a shared one the other processes.
type Syncer interface {
	Store

	// Sync makes what was Put as safe as the store can make it. It runs in the
	// background and may wait for a disk or a network. It is called once at a
	// time: within SyncAfter of a Put or Settle, or of the end of the call
	// before, and some time after an error. handedOver are records that other
	// processes can take now; the caller settles them as removed, and until then
	// Len counts them.
	Sync(ctx context.Context) (handedOver []ID, err error)
	SyncAfter() time.Duration
}

// Destination takes events that have then arrived: no store keeps them and
// nothing delivers them. bbtest.Recorder is one.
type Destination interface {
	Put(Record) error
	// Rejected is called for every event that was not accepted.
	Rejected(Rejected)
}

// Rejected describes an event that the client did not accept, and why.
type Rejected struct {
	Name           string
	UserID, ChatID int64
	Payload        map[string]any
	OccurredAt     time.Time
	IdempotencyKey string
	Reason         string
	Cause          error // nil: Reason says all
}
