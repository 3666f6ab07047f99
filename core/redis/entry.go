package bbredis

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// longestField is what is read of an entry: twice the longest event there is.
const longestField = 128 << 10

// streamID marks the ids of stream entries, so that no entry, whoever made it,
// has the id of a record that waits in memory.
const streamID = 1 << 63

// taken is the answer of the take script.
type taken struct {
	load
	next    time.Time // zero: nothing is delayed
	claimed int64
	records []fetched
}

func readTaken(c *call) (taken, error) {
	if c.err != nil {
		return taken{}, c.err
	}
	if len(c.answer) < 4 {
		return taken{}, errAnswer
	}
	var t taken
	var err error
	if t.load, err = readLoad(c.answer[1:3]); err != nil {
		return taken{}, err
	}
	due, ok1 := c.answer[0].(int64)
	claimed, ok2 := c.answer[3].(int64)
	if !ok1 || !ok2 {
		return taken{}, errAnswer
	}
	t.claimed = claimed
	if due > 0 {
		t.next = time.UnixMilli(due)
	}
	for _, entry := range c.answer[4:] {
		if r, ok := readEntry(entry); ok {
			t.records = append(t.records, r)
		}
	}
	return t, nil
}

// readEntry makes a record of an entry, which may be anybody's. One without an
// event is a record with an error, to be given up.
func readEntry(entry any) (r fetched, ok bool) {
	fields, _ := entry.([]any)
	if len(fields) != 7 {
		return fetched{}, false
	}
	text := func(i int) string { s, _ := fields[i].(string); return s }
	r.entry = text(0)
	if r.ID, ok = readID(r.entry); !ok {
		return fetched{}, false
	}
	attempts, _ := fields[1].(int64)
	r.Attempts = int(max(attempts, 0))
	if _, found := fields[2].(string); !found {
		r.Err = fmt.Errorf("bbredis: entry %s of the stream has no field body of at most %d bytes; something else writes to it", r.entry, longestField)
	}
	r.Body, r.Key, r.Low, r.Mark = []byte(text(2)), []byte(text(3)), text(5) == "1", text(6)
	if at, err := strconv.ParseInt(text(4), 10, 64); err == nil {
		r.Accepted = time.Unix(0, at)
	} else {
		r.Accepted = time.UnixMilli(int64(r.ID.Hi &^ streamID)) // when it came to Redis
	}
	return r, true
}

func readID(entry string) (outbox.ID, bool) {
	ms, seq, _ := strings.Cut(entry, "-")
	hi, err1 := strconv.ParseUint(ms, 10, 64)
	lo, err2 := strconv.ParseUint(seq, 10, 64)
	return outbox.ID{Hi: hi | streamID, Lo: lo}, err1 == nil && err2 == nil
}
