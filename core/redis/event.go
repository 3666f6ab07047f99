package bbredis

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// redisID marks the ids of records in Redis, so that none has the id of a record
// that waits in memory.
const redisID = 1 << 63

// removed is the delay of an outcome that settles its event.
const removed = -1

// nameOf is how a record is called in Redis: by the random number of the process
// that accepted it and the number that it has there. So one that is handed over
// again is the same, and no name is given out twice, whatever Redis loses. Names of
// one process are in the order of its events.
func nameOf(process uint64, id store.ID) string { return fmt.Sprintf("%016x%011x", process, id.Lo) }

// facts are what a record is beside its name, body and age, which Redis counts.
func facts(r store.Record, fingerprint string) string {
	return fmt.Sprintf("%t %d %d %q", r.Sheddable, r.Slot, r.Date, fingerprint)
}

// answer is that of a round trip.
type answer struct {
	refused string // why Redis did not add all events; "": it did
	load    load
	wait    time.Duration // until the next event in Redis is due
	records []fetched     // leased to this process
	more    bool          // is queued than one round trip moves
}

// readAnswer reads what roundtrip.lua returned: why it refused events, its books,
// and of each lease the name, the token and the text of an event.
func readAnswer(values []string) (a answer, err error) {
	if len(values)%3 != 2 {
		return a, errAnswer
	}
	var now, wait int64
	if _, err := fmt.Sscan(values[1], &a.load.events, &a.load.bytes, &now, &wait); err != nil {
		return a, errAnswer
	}
	a.refused, a.wait = values[0], time.Duration(wait)*time.Millisecond
	for event := range slices.Chunk(values[2:], 3) {
		r, err := readEvent(event[0], event[1], event[2], time.UnixMilli(now))
		if err != nil {
			return a, err
		}
		a.records = append(a.records, r)
	}
	return a, nil
}

// readEvent makes a record of an event as it is in Redis. Text that is not as a
// client wrote it, by whatever else writes to the hash, is a record with an error,
// to be given up.
func readEvent(name, token, text string, now time.Time) (r fetched, err error) {
	r.name = name
	if r.token, err = strconv.ParseInt(token, 10, 64); err != nil {
		return r, errAnswer
	}
	head, body, _ := strings.Cut(text, "\n")
	var at int64
	_, err1 := fmt.Sscanf(name, "%16x%11x", &r.ID.Hi, &r.ID.Lo)
	_, err2 := fmt.Sscanf(head, "%d %t %d %d %q", &at, &r.Sheddable, &r.Slot, &r.Date, &r.Fingerprint)
	if err1 != nil || err2 != nil {
		r.Err = fmt.Errorf("bbredis: event %.40q in Redis is not as a client wrote it; something else writes to it", name)
	}
	r.ID.Hi |= redisID
	r.Body, r.Recovered = []byte(body), true
	r.Attempts = int(r.token & 1023)
	r.Age = max(now.Sub(time.UnixMilli(at)), 0)
	return r, nil
}
