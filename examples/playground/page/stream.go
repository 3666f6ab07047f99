package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	heartbeat    = 15 * time.Second // shows a page that is gone
	writeTimeout = 10 * time.Second
)

// stream serves the board as server-sent events: a snapshot, then changes.
type stream struct{ board *Board }

func (s stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all, changes, err := s.board.subscribe()
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer s.board.unsubscribe(changes)
	first, err := json.Marshal(all)
	if err != nil {
		panic(err) // the types of this package always marshal
	}

	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	send := func(format string, args ...any) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		_, err := fmt.Fprintf(w, format, args...)
		return err == nil && control.Flush() == nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for ok := send("retry: 1000\nevent: snapshot\ndata: %s\n\n", first); ok; {
		select {
		case c, open := <-changes:
			ok = open && send("event: %s\ndata: %s\n\n", c.kind, c.data)
		case <-beat.C:
			ok = send(": still here\n\n")
		case <-r.Context().Done():
			return
		}
	}
}
