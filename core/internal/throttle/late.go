package throttle

import (
	"slices"
	"time"
)

// allowLate decides on what happened some time ago, by its date. Telegram keeps
// updates for a day: those of a night come at once, and would flood what waits for
// delivery; so of what is older than Backlog one passes in each hour. Dates may come
// in any order: all are remembered for one or two Backlogs.
func (t *Throttle) allowLate(s *shard, slot Slot, now time.Duration, m Moment) (Claim, bool) {
	at, date := now-m.Age, m.Date.UnixNano()
	near := func(other int64) bool { return time.Duration(date-other).Abs() < t.window }
	if m.Age > Backlog && t.window < Backlog {
		hour := m.Date.Truncate(Backlog)
		near = func(other int64) bool { return time.Unix(0, other).Truncate(Backlog).Equal(hour) }
	} else if s.passedWithin(t.window, slot, at) {
		return Claim{}, false
	}
	if slices.ContainsFunc(s.late.newer[slot], near) || slices.ContainsFunc(s.late.older[slot], near) {
		return Claim{}, false
	}
	s.late.put(slot, append(s.late.newer[slot], date))
	if last, ok := s.last.newer[slot]; m.Age < t.window && (!ok || last < at) {
		s.last.put(slot, at) // for what happens now
	}
	return Claim{slot, at, date}, true
}

func (s *shard) releaseLate(c Claim) {
	for _, passed := range []map[Slot][]int64{s.late.newer, s.late.older} {
		if dates, ok := passed[c.slot]; ok {
			passed[c.slot] = slices.DeleteFunc(dates, func(date int64) bool { return date == c.date })
		}
	}
}
