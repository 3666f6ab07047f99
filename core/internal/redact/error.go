package redact

import "errors"

// Error returns err with the text that Text makes of its own; nil stays nil.
// errors.Is sees what it was, and Timeout says so. errors.As does not: the text of
// that may hold the key.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	var timeout interface{ Timeout() bool }
	return &cleaned{
		text: r.Text(err.Error()), timeout: errors.As(err, &timeout) && timeout.Timeout(),
		is: func(target error) bool { return errors.Is(err, target) },
	}
}

type cleaned struct {
	text    string
	timeout bool
	is      func(error) bool // and not the error itself, which a dump would show
}

func (e *cleaned) Error() string        { return e.text }
func (e *cleaned) Timeout() bool        { return e.timeout }
func (e *cleaned) Is(target error) bool { return e.is(target) }
