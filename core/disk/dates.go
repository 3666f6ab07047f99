package bbdisk

import "time"

// A date on disk is the wall clock's, in Unix nanoseconds, and may be wrong when
// it is read. What this process knows is relative to outbox.epoch, on the
// monotonic clock. Only the functions here convert one into the other.

// maxDelay is more than the delay that any event is ever given.
const maxDelay = 10 * time.Minute

// date returns the date of the moment at a distance from now.
func date(now time.Time, distance time.Duration) int64 { return now.Add(distance).UnixNano() }

// dueDate returns the date of the moment when an event is due; 0: at once.
func dueDate(now, due time.Time) int64 {
	if !due.After(now) {
		return 0
	}
	return date(now, due.Sub(now))
}

// acceptedAt returns a date of acceptance as a distance from epoch. One from the
// future counts as epoch: the clock was changed.
func acceptedAt(date int64, epoch time.Time) time.Duration {
	return min(time.Unix(0, date).Sub(epoch), 0)
}

// dueAt returns the moment when an event is due; zero: at once. One that is
// further away than any delay counts as maxDelay: the clock was changed.
func dueAt(date int64, epoch time.Time) time.Time {
	wait := time.Unix(0, date).Sub(epoch)
	if date == 0 || wait <= 0 {
		return time.Time{}
	}
	return epoch.Add(min(wait, maxDelay))
}
