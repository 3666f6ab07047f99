package page

import (
	"slices"
	"time"
)

// maxRows bounds the events that are kept and shown.
const maxRows = 500

// rows are the newest lines of the table, oldest first. The board's lock guards
// them.
type rows struct {
	list  []*Row
	byKey map[string]*Row // by library and idempotency key
	last  int64
}

func newRows() rows { return rows{byKey: make(map[string]*Row)} }

// of returns the row that the event of r has, or adds r: an event has one row,
// however often it comes.
func (rs *rows) of(r Row) *Row {
	if known := rs.byKey[r.full]; known != nil {
		return known
	}
	return rs.add(r)
}

// like returns the row of the same event of the same person that is not older
// than an age; nil: there is none.
func (rs *rows) like(r Row, age time.Duration) *Row {
	oldest := time.Now().Add(-age).UnixMilli()
	for _, known := range slices.Backward(rs.list) {
		if known.At < oldest {
			break
		}
		if known.Library == r.Library && known.Name == r.Name && known.UserID == r.UserID && known.ChatID == r.ChatID && known.Status == r.Status {
			return known
		}
	}
	return nil
}

func (rs *rows) add(r Row) *Row {
	rs.last++
	r.Seq, r.At = rs.last, time.Now().UnixMilli()
	if r.full != "" {
		rs.byKey[r.full] = &r
	}
	rs.list = append(rs.list, &r)
	if len(rs.list) > maxRows {
		oldest := rs.list[0]
		if rs.byKey[oldest.full] == oldest {
			delete(rs.byKey, oldest.full)
		}
		rs.list[0] = nil
		rs.list = rs.list[1:]
	}
	return &r
}

func (rs *rows) copies() []*Row {
	copies := make([]*Row, len(rs.list))
	for i, r := range rs.list {
		copied := *r
		copies[i] = &copied
	}
	return copies
}
