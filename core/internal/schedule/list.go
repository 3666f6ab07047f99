package schedule

// chunkLen keeps a chunk to a few kilobytes, so that an idle list is cheap.
const chunkLen = 128

// list is a queue in chunks: growing it copies nothing, and a chunk that empties is
// given back.
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
	first := l.at(0)
	v := *first
	*first = *new(T) // so that nothing it points to is kept alive
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
