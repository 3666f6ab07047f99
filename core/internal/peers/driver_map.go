package main

// mapAlone is the part of a call that is the caller's own with every library:
// it makes the payload and sends nothing.
type mapAlone struct{ last map[string]any }

func (m *mapAlone) choice() error {
	m.last = map[string]any{"team_code": "bra", "handler": "choice"}
	return nil
}

func (m *mapAlone) deliver(n int) (int, error) { return n, nil }
func (m *mapAlone) drain() error               { return nil }
func (m *mapAlone) lost() int                  { return 0 }
func (m *mapAlone) close()                     {}
