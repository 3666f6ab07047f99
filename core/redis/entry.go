package bbredis

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// longestField is what is read of an entry: twice the longest event there is.
const longestField = 128 << 10

// streamID marks the ids of stream entries, so that no entry, not even one of
// another program, has the id of a record that waits in memory.
const streamID = 1 << 63

// taken is the answer of the take script.
type taken struct {
	load
	wait    time.Duration // until the next delayed one is due
	claimed bool          // no lease that is over is left
	records []fetched
}

func readTaken(c *call) (taken, error) {
	head, err := c.ints(5)
	if err != nil {
		return taken{}, err
	}
	entries, ok := c.answer[len(c.answer)-1].([]any)
	if !ok {
		return taken{}, errAnswer
	}
	t := taken{load: loadOf(head), claimed: head[4] == 1}
	now, due := head[2], head[3]
	if due == 0 { // nothing is delayed
		due = math.MaxInt64
	}
	t.wait = time.Duration(min(max(due-now, 1), math.MaxInt32)) * time.Millisecond
	for _, entry := range entries {
		if r, ok := readEntry(entry, now); ok {
			t.records = append(t.records, r)
		}
	}
	return t, nil
}

// readEntry makes a record of an entry, which any program may have written. One
// without an event is a record with an error, to be given up. now is the time
// of Redis.
func readEntry(entry any, now int64) (r fetched, ok bool) {
	fields, _ := entry.([]any)
	if len(fields) != 6 {
		return fetched{}, false
	}
	text := func(i int) string { s, _ := fields[i].(string); return s }
	r.entry = text(0)
	if _, err := fmt.Sscanf(r.entry, "%d-%d", &r.ID.Hi, &r.ID.Lo); err != nil {
		return fetched{}, false
	}
	r.ID.Hi |= streamID
	attempts, _ := fields[1].(int64)
	r.Attempts = int(max(attempts, 0))
	if _, found := fields[2].(string); !found {
		r.Err = fmt.Errorf("bbredis: entry %s of the stream has no field body of at most %d bytes; something else writes to it", r.entry, longestField)
	}
	r.Body, r.Sheddable, r.Fingerprint = []byte(text(2)), text(4) == "1", text(5)
	accepted, err := strconv.ParseInt(text(3), 10, 64)
	if err != nil {
		accepted = int64(r.ID.Hi &^ streamID) // when it came to Redis
	}
	r.Age = time.Duration(now-min(max(accepted, 0), now)) * time.Millisecond
	return r, true
}
