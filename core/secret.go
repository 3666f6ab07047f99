package bb

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a string that does not print itself: fmt, encoding/json,
// encoding/xml and log/slog show "[redacted]". Convert it with string(s) to read
// it. Like every string type it cannot hide from the verb %p, as a key of a JSON
// object, nor in an unexported field of a struct that is printed with %v.
type Secret string

// Format implements fmt.Formatter.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return redacted }

// MarshalText implements encoding.TextMarshaler, which JSON and XML use.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
