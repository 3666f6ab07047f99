package store

import "fmt"

// Events says how many there are: "1 event", "2 events".
func Events(n int) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}
