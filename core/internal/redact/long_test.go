package redact

import (
	"strings"
	"testing"
)

// Of a text that is too long to be read whole, no beginning of a key shows.
func TestKeyAtTheEndOfWhatIsRead(t *testing.T) {
	const key = "0123456789abcdef"
	for before := range len(key) + 2 {
		text := strings.Repeat("\x00", maxRead-before) + key + "x"
		if got := New(key).Text(text); strings.Contains(got, "0") {
			t.Errorf("%d bytes of the key are read: Text = %q", before, got)
		}
	}
}
