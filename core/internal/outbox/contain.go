package outbox

import (
	"context"
	"errors"
	"time"
)

// ErrPanic is returned in place of whatever an outbox panicked with.
var ErrPanic = errors.New("the outbox panicked")

// Contain returns box with its panics turned into errors, so that a broken
// outbox costs events and not the bot.
func Contain(box Outbox) Outbox { return contained{box} }

type contained struct{ box Outbox }

func catch(err *error) {
	if recover() != nil {
		*err = ErrPanic
	}
}

func (c contained) Put(r Record) (id ID, err error) {
	defer catch(&err)
	return c.box.Put(r)
}

func (c contained) Shared() (shared bool) {
	defer func() { _ = recover() }()
	return c.box.Shared()
}

func (c contained) Sync(ctx context.Context) (handedOver []ID, err error) {
	defer catch(&err)
	return c.box.Sync(ctx)
}

func (c contained) SyncAfter() (after time.Duration) {
	defer func() { _ = recover() }()
	return c.box.SyncAfter()
}

func (c contained) Identify(mark string) (previous string, err error) {
	defer catch(&err)
	return c.box.Identify(mark)
}

func (c contained) Take(asOf time.Time, max int, lease time.Duration) (records []Record, next time.Time, err error) {
	defer catch(&err)
	return c.box.Take(asOf, max, lease)
}

func (c contained) Settle(out Outcome) (err error) {
	defer catch(&err)
	return c.box.Settle(out)
}

func (c contained) Len() (n int, last ID) {
	defer func() { _ = recover() }()
	return c.box.Len()
}

func (c contained) Place() (place string) {
	defer func() { _ = recover() }()
	return c.box.Place()
}

func (c contained) Close() (lost []Record, err error) {
	defer catch(&err)
	return c.box.Close()
}
