package bb

import (
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/delivery"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// queued is the inbox of a client that delivers: a store, from which the engine
// takes what was put.
type queued struct {
	store  store.Inbox
	engine *delivery.Engine
	*dropReports
}

func (q *queued) put(r store.Record) error {
	if _, err := q.store.Put(r); err != nil {
		return err
	}
	q.engine.Wake()
	return nil
}

func (q *queued) reportsAll() bool { return q.log.WasDebug() }

// arrived is the inbox of a client whose events are at their destination once
// they are put, as those of bbtest.Recorder.
type arrived struct {
	destination store.Destination
	counters    *counters
	drops       *dropReports
}

func (a *arrived) put(r store.Record) error {
	err := a.destination.Put(r)
	if err == nil {
		a.counters.delivered.Add(1)
	}
	return err
}

func (a *arrived) rejected(ev Event, payload []byte, reason DropReason, cause error) {
	a.destination.Rejected(store.Rejected{
		Name: ev.Name, UserID: ev.UserID, ChatID: ev.ChatID, Payload: ev.Payload,
		OccurredAt: ev.OccurredAt, IdempotencyKey: ev.IdempotencyKey, Reason: string(reason), Cause: cause,
	})
	size, read := readLater(ev, payload)
	a.drops.pass(reason, size, read)
}

func (a *arrived) reportsAll() bool { return true }
