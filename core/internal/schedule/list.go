package schedule

// chunkLen keeps a chunk to a few kilobytes, so that an idle list is cheap.
const chunkLen = 128

// list is a sequence in chunks: growing it copies nothing, and chunks that
// empty at either end are given back.
type list[T any] struct {
	chunks []*[chunkLen]T
	head   int // place of the first element in chunks[0]
	n      int
}

// at returns the element i, counted from the first.
func (l *list[T]) at(i int) *T {
	i += l.head
	return &l.chunks[i/chunkLen][i%chunkLen]
}

func (l *list[T]) push(v T) {
	if l.head+l.n == len(l.chunks)*chunkLen {
		l.chunks = append(l.chunks, new([chunkLen]T))
	}
	l.n++
	*l.at(l.n - 1) = v
}

func (l *list[T]) popFirst() T {
	v := take(l.at(0))
	l.head++
	l.n--
	switch {
	case l.n == 0:
		l.head, l.chunks = 0, l.chunks[:1]
	case l.head == chunkLen:
		l.head, l.chunks[0], l.chunks = 0, nil, l.chunks[1:]
	}
	return v
}

func (l *list[T]) popLast() T {
	v := take(l.at(l.n - 1))
	l.n--
	// One empty chunk stays, for lists that go back and forth over its edge.
	if last := len(l.chunks) - 1; (last-1)*chunkLen >= l.head+l.n && last > 0 {
		l.chunks[last], l.chunks = nil, l.chunks[:last]
	}
	return v
}

// take clears *p, so that nothing it points to is kept alive.
func take[T any](p *T) (v T) {
	v, *p = *p, v
	return v
}
