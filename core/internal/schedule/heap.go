package schedule

// key orders one record by rank, and by age among equals.
type key struct {
	rank int64 // attempts or due time, as the heap has it
	seq  uint64
}

func (k key) before(other key) bool {
	if k.rank != other.rank {
		return k.rank < other.rank
	}
	return k.seq < other.seq
}

// heap is a binary heap in a list; container/heap would allocate for each key.
type heap struct{ keys list[key] }

func (h *heap) len() int   { return h.keys.n }
func (h *heap) first() key { return *h.keys.at(0) }

func (h *heap) push(k key) {
	h.keys.push(k)
	for i := h.keys.n - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.lower(parent, i) {
			return
		}
		i = parent
	}
}

func (h *heap) pop() key {
	first := h.first()
	last := h.keys.popLast()
	if h.keys.n == 0 {
		return first
	}
	*h.keys.at(0) = last
	for i := 0; ; {
		child := 2*i + 1
		if child >= h.keys.n {
			return first
		}
		if right := child + 1; right < h.keys.n && h.keys.at(right).before(*h.keys.at(child)) {
			child = right
		}
		if !h.lower(i, child) {
			return first
		}
		i = child
	}
}

// lower swaps a parent with its child if they are the wrong way round.
func (h *heap) lower(parent, child int) bool {
	p, c := h.keys.at(parent), h.keys.at(child)
	if !c.before(*p) {
		return false
	}
	*p, *c = *c, *p
	return true
}
