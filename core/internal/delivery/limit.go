package delivery

// limit is how many requests may be on their way at a time. It starts at one,
// grows while events wait and answers are good, fast at first and by one a
// round after an overload, and halves on overload. Not safe for concurrent
// use.
type limit struct {
	max     int
	now     int
	careful bool // an overload was seen
	good    int  // good answers since the last step, while careful
}

func newLimit(max int) limit { return limit{max: max, now: 1} }

func (l *limit) grow() {
	l.good++
	if l.now < l.max && (!l.careful || l.good >= l.now) {
		l.now++
		l.good = 0
	}
}

func (l *limit) halve() {
	l.now, l.careful, l.good = max(1, l.now/2), true, 0
}

func (l *limit) restart() { *l = newLimit(l.max) }
