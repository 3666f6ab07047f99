package memory

// fifo is a queue of entries that gives its memory back as it drains.
type fifo struct {
	entries []*entry
	head    int
}

func (q *fifo) len() int      { return len(q.entries) - q.head }
func (q *fifo) push(e *entry) { q.entries = append(q.entries, e) }

func (q *fifo) peek() *entry {
	if q.len() == 0 {
		return nil
	}
	return q.entries[q.head]
}

func (q *fifo) pop() *entry {
	e := q.peek()
	if e == nil {
		return nil
	}
	q.entries[q.head] = nil
	q.head++
	const worthMoving = 64
	if q.head >= worthMoving && q.head > len(q.entries)/2 {
		q.entries = append([]*entry(nil), q.entries[q.head:]...)
		q.head = 0
	}
	return e
}

// before is the order in which due entries are taken.
func before(a, b *entry) bool {
	if a.record.Attempts != b.record.Attempts {
		return a.record.Attempts < b.record.Attempts
	}
	return b.record.ID.After(a.record.ID)
}

// ranked is a heap by before.
type ranked []*entry

func (h ranked) Len() int           { return len(h) }
func (h ranked) Less(i, j int) bool { return before(h[i], h[j]) }
func (h ranked) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ranked) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *ranked) Pop() any          { return popLast((*[]*entry)(h)) }

// byTime is a heap by due time.
type byTime []*entry

func (h byTime) Len() int           { return len(h) }
func (h byTime) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h byTime) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byTime) Push(x any)        { *h = append(*h, x.(*entry)) }
func (h *byTime) Pop() any          { return popLast((*[]*entry)(h)) }

func popLast(entries *[]*entry) *entry {
	last := len(*entries) - 1
	e := (*entries)[last]
	(*entries)[last] = nil
	*entries = (*entries)[:last]
	return e
}
