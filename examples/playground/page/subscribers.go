package page

import (
	"encoding/json"
	"errors"
)

const (
	maxSubscribers = 32
	// maxBehind is how many changes a page may lag behind before it has to
	// begin again with a snapshot.
	maxBehind = 1024
)

var (
	errTooManyPages = errors.New("too many pages are open: close some")
	errClosed       = errors.New("the playground is stopping")
)

// change is one message to a page.
type change struct {
	kind string
	data []byte // JSON
}

// subscribers are the open pages. The board's lock guards them.
type subscribers struct {
	changes []chan change // each is closed here only
	closed  bool
}

func (s *subscribers) add() (<-chan change, error) {
	switch {
	case s.closed:
		return nil, errClosed
	case len(s.changes) == maxSubscribers:
		return nil, errTooManyPages
	}
	changes := make(chan change, maxBehind)
	s.changes = append(s.changes, changes)
	return changes, nil
}

func (s *subscribers) remove(changes <-chan change) {
	s.retain(func(c chan change) bool { return c != changes })
}

// publish sends to every page. One that does not keep up is cut off.
func (s *subscribers) publish(kind string, content any) {
	if len(s.changes) == 0 {
		return
	}
	data, err := json.Marshal(content)
	if err != nil {
		panic(err) // the types of this package always marshal
	}
	s.retain(func(c chan change) bool {
		select {
		case c <- change{kind, data}:
			return true
		default:
			return false
		}
	})
}

func (s *subscribers) close() {
	s.closed = true
	s.retain(func(chan change) bool { return false })
}

// retain closes the channels that do not stay.
func (s *subscribers) retain(stays func(chan change) bool) {
	kept := s.changes[:0]
	for _, c := range s.changes {
		if stays(c) {
			kept = append(kept, c)
		} else {
			close(c)
		}
	}
	clear(s.changes[len(kept):])
	s.changes = kept
}
