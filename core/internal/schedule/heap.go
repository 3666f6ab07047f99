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

// heap is a binary heap; container/heap would allocate for each key.
type heap struct{ keys []key }

func (h *heap) len() int   { return len(h.keys) }
func (h *heap) first() key { return h.keys[0] }

func (h *heap) push(k key) {
	h.keys = append(h.keys, k)
	for i := len(h.keys) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.lower(parent, i) {
			return
		}
		i = parent
	}
}

func (h *heap) pop() key {
	first, last := h.keys[0], len(h.keys)-1
	h.keys[0], h.keys = h.keys[last], h.keys[:last]
	if last == 0 {
		h.keys = nil // it may have been long
	}
	for i, child := 0, 1; child < last; child = 2*i + 1 {
		if right := child + 1; right < last && h.keys[right].before(h.keys[child]) {
			child = right
		}
		if !h.lower(i, child) {
			break
		}
		i = child
	}
	return first
}

// lower swaps a parent with its child if they are the wrong way round.
func (h *heap) lower(parent, child int) bool {
	wrong := h.keys[child].before(h.keys[parent])
	if wrong {
		h.keys[parent], h.keys[child] = h.keys[child], h.keys[parent]
	}
	return wrong
}
