// Package bench measures bb beside loops around the network and libraries that
// send events too, all against one sink. `make bench-peers` runs it and writes
// docs/performance.md. It is a module of its own so that nobody inherits its
// requirements.
//
// A run repeats all benchmarks in short rounds: what disturbs the machine for a
// while then disturbs all drivers, and ratios within a round hold.
package bench

import (
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// A driver takes events to the API. A library accepts them in a call and
// delivers in the background; a loop has deliver alone. A lost event is a failure.
type driver struct {
	call    func()      // accepts one event, as in a bot's handler
	settle  func()      // returns when all that was accepted is answered
	deliver func(n int) // sends n events and reads their answers
	client  *bb.Client  // of bb
}

// send sends n events and returns when all of them are answered.
func (d driver) send(n int) {
	if d.deliver != nil {
		d.deliver(n)
	} else {
		d.fill(n)
		d.settle()
	}
}

func (d driver) fill(n int) {
	for range n {
		d.call()
	}
}

type options struct {
	url      string
	inFlight int // requests at the same time
	window   int // events that a peer holds before they are answered
	batch    int // events in one request of a peer
}

// What open returns is closed when the test or benchmark ends.
type namedDriver struct {
	name string
	open func(testing.TB, options) driver
}

var (
	memory, disk = namedDriver{"bb-memory", openMemory}, namedDriver{"bb-disk", openDisk}
	libraries    = []namedDriver{memory, disk, {"segment", openSegment}, {"posthog", openPosthog}}
	drivers      = append([]namedDriver{{"tcp", openTCP}, {"lean", openLean}, {"everyday", openEveryday}}, libraries...)
)

// The drivers work with the versions of the libraries in go.mod.
func TestDrivers(t *testing.T) {
	for _, d := range drivers {
		t.Run(d.name, func(t *testing.T) {
			const events = 20
			before := countSeen(t)
			d.open(t, options{url: sinkURL, inFlight: 2, window: 2, batch: 1}).send(events)
			checkSeen(t, before, events)
		})
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
