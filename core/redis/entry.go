package bbredis

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// redisID marks the ids of records in Redis, so that none has the id of a record
// that waits in memory.
const redisID = 1 << 63

// taken is the answer of the take script.
type taken struct {
	load
	wait    time.Duration // until the next delayed one is due
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
	t := taken{load: loadOf(head)}
	now, due, end := head[2], head[3], head[4]
	if due == 0 { // nothing is delayed
		due = math.MaxInt64
	}
	t.wait = time.Duration(min(max(due-now, 1), math.MaxInt32)) * time.Millisecond
	for _, entry := range entries {
		r, ok := readEntry(entry, now)
		if !ok {
			return taken{}, errAnswer
		}
		r.token = end*1024 + int64(r.Attempts)
		t.records = append(t.records, r)
	}
	return t, nil
}

// readEntry makes a record of an event: a line with when it was accepted, whether
// it is sheddable and its fingerprint, and the body. Text that begins otherwise,
// of whatever wrote to the hash, is a record with an error, to be given up. now is
// the time of Redis.
func readEntry(entry any, now int64) (r fetched, ok bool) {
	fields, _ := entry.([]any)
	if len(fields) != 3 {
		return fetched{}, false
	}
	id, ok1 := fields[0].(int64)
	attempts, ok2 := fields[1].(int64)
	text, ok3 := fields[2].(string)
	r.ID.Hi, r.ID.Lo, r.Attempts = redisID, uint64(id), int(attempts)
	head, body, found := bytes.Cut([]byte(text), []byte("\n"))
	words := strings.SplitN(string(head), " ", 3)
	accepted, err := strconv.ParseInt(words[0], 10, 64)
	if !found || err != nil || len(words) != 3 {
		r.Err = fmt.Errorf("bbredis: event %d in Redis is not as a client wrote it; something else writes to it", id)
		return r, ok1 && ok2 && ok3
	}
	r.Body, r.Sheddable, r.Fingerprint = body, words[1] == "1", words[2]
	r.Age, r.Recovered = time.Duration(max(now-accepted, 0))*time.Millisecond, true
	return r, ok1 && ok2 && ok3
}
