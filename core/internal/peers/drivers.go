package main

import "fmt"

// driver takes events to the API.
type driver interface {
	// deliver sends n events and returns how many of them the API took, when
	// all are settled.
	deliver(n int) (int, error)
	close()
}

// library is a driver that accepts an event in a call and delivers it in the
// background.
type library interface {
	driver
	choice() error // the call that a handler makes
	drain() error  // waits until all that was accepted is settled
	lost() int     // events that were accepted, or should have been, and are given up
}

// The drivers, by their names in the tables.
const (
	tcp      = "tcp, request made beforehand"
	lean     = "net/http, lean"
	everyday = "net/http, everyday"
	bbMemory = "bb, in memory"
	bbDisk   = "bb, on disk"
	segment  = "segment analytics-go 3.1.0"
	posthog  = "posthog-go 1.5.2"
	payload  = "the payload's map alone"
)

func newDriver(j job) (driver, error) {
	switch j.Driver {
	case tcp:
		return newTCP(j)
	case lean:
		return newLean(j)
	case everyday:
		return newEveryday(j)
	}
	return newLibrary(j)
}

func newLibrary(j job) (library, error) {
	switch j.Driver {
	case bbMemory, bbDisk:
		return newBB(j)
	case segment:
		return newSegment(j)
	case posthog:
		return newPosthog(j)
	case payload:
		return &mapAlone{}, nil
	}
	return nil, fmt.Errorf("there is no driver %q", j.Driver)
}
