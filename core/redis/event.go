package bbredis

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// redisID marks the ids of records in Redis, so that none has the id of a record
// that waits in memory.
const redisID = 1 << 63

// idText is how an id is written in Redis: the random number of the process that
// accepted the event and the number that the event has there. So one that is
// handed over again is the same, and none is given out twice, whatever Redis
// loses. Texts of one process are in the order of its events.
func idText(id store.ID) string { return fmt.Sprintf("%016x%011x", id.Hi, id.Lo) }

// readID reads what idText wrote. Foreign text is an id too, of a record that is
// given up.
func readID(text string) (id store.ID, ok bool) {
	half := min(16, len(text))
	hi, err1 := strconv.ParseUint(text[:half], 16, 64)
	lo, err2 := strconv.ParseUint(text[half:], 16, 64)
	return store.ID{Hi: hi | redisID, Lo: lo}, err1 == nil && err2 == nil
}

// facts are what a record is beside its id, body and age, which Redis counts.
func facts(r store.Record, fingerprint string) string {
	return fmt.Sprintf("%t %d %d %s", r.Sheddable, r.Slot, r.Date, fingerprint)
}

// readFacts reads when a record was accepted and what facts wrote.
func readFacts(head string, r *store.Record) (accepted int64, err error) {
	words := strings.SplitN(head, " ", 5)
	if len(words) != 5 {
		return 0, errAnswer
	}
	accepted, err1 := strconv.ParseInt(words[0], 10, 64)
	sheddable, err2 := strconv.ParseBool(words[1])
	slot, err3 := strconv.ParseUint(words[2], 10, 64)
	date, err4 := strconv.ParseInt(words[3], 10, 64)
	r.Sheddable, r.Slot, r.Date, r.Fingerprint = sheddable, slot, date, words[4]
	return accepted, errors.Join(err1, err2, err3, err4)
}

// answer is that of a round trip.
type answer struct {
	refused string // why Redis did not add all events; "": it did
	load    load
	wait    time.Duration // until the next event in Redis is due
	records []fetched     // leased to this process
}

// readAnswer reads what roundtrip.lua returned to a request for leases that last
// so long.
func readAnswer(values []any, lease time.Duration) (a answer, ok bool) {
	if len(values) != 6 {
		return a, false
	}
	refused, ok1 := values[0].(string)
	length, ok2 := values[1].(int64)
	bytes, ok3 := values[2].(int64)
	now, ok4 := values[3].(int64)
	due, ok5 := values[4].(int64)
	given, ok6 := values[5].([]any)
	a = answer{refused: refused, load: load{int(length), bytes}}
	a.wait = time.Duration(min(max(due-now, 1), 1<<31)) * time.Millisecond
	ok = ok1 && ok2 && ok3 && ok4 && ok5 && ok6
	for _, values := range given {
		r, whole := readEvent(values, now)
		r.token = (now+lease.Milliseconds())*1024 + int64(r.Attempts)
		a.records = append(a.records, r)
		ok = ok && whole
	}
	return a, ok
}

// readEvent makes a record of an event as roundtrip.lua gives it out, at a time
// of Redis. Text that is not as a client wrote it, by whatever else writes to the
// hash, is a record with an error, to be given up.
func readEvent(event any, now int64) (r fetched, ok bool) {
	values, _ := event.([]any)
	if len(values) != 3 {
		return r, false
	}
	id, ok1 := values[0].(string)
	attempts, ok2 := values[1].(int64)
	text, ok3 := values[2].(string)
	head, body, whole := strings.Cut(text, "\n")
	accepted, err := readFacts(head, &r.Record)
	r.id, r.Attempts = id, int(attempts)
	r.ID, ok = readID(id)
	if !ok || !whole || err != nil {
		r.Err = fmt.Errorf("bbredis: event %.40q in Redis is not as a client wrote it; something else writes to it", id)
		return r, ok1 && ok2 && ok3
	}
	r.Body = []byte(body)
	r.Age, r.Recovered = time.Duration(max(now-accepted, 0))*time.Millisecond, true
	return r, ok1 && ok2 && ok3
}
