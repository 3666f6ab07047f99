package bb

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/callbacks"
)

// Tracker is the client bound to one user and chat, and to the update they
// came from. Handlers get it from [FromContext]. All methods may be called
// concurrently; a nil Tracker accepts every call and does nothing.
//
// Events that a tracker of an update sends have idempotency keys derived from
// the update: when Telegram delivers the update again and the handler runs
// again, its events count once. Two equal events that one handler sends on
// purpose count as two.
type Tracker struct {
	intake         *intake
	userID, chatID int64
	origin         *origin // nil: not from an update
}

// newTracker returns the tracker of an update of a bot; 0: unknown.
func newTracker(in *intake, u *Update, bot int64) *Tracker {
	bound := &struct { // one allocation
		tracker Tracker
		origin  origin
	}{
		tracker: Tracker{intake: in, userID: u.person(), chatID: u.ChatID},
		origin:  origin{botID: bot, updateID: u.ID, facts: in.factsOf(u)},
	}
	bound.tracker.origin = &bound.origin
	return &bound.tracker
}

// Track sends an event about the tracker's user and chat. p may be nil.
func (t *Tracker) Track(name string, p Payload) {
	t.Send(Event{Name: name, Payload: p})
}

// ChoiceMade sends choice_made, an event about what the user chose.
func (t *Tracker) ChoiceMade(p Payload) { t.Track(EventChoiceMade, p) }

// Send sends ev. UserID and ChatID are filled from the tracker where they are
// zero.
func (t *Tracker) Send(ev Event) {
	if t == nil || t.intake == nil {
		return
	}
	if ev.UserID == 0 {
		ev.UserID = t.userID
	}
	if ev.ChatID == 0 {
		ev.ChatID = t.chatID
	}
	t.intake.send(&ev, t.origin)
}

// For returns a tracker of the same update for another user and chat.
func (t *Tracker) For(userID, chatID int64) *Tracker {
	if t == nil {
		return nil
	}
	return &Tracker{intake: t.intake, userID: userID, chatID: chatID, origin: t.origin}
}

type contextKey struct{}

// NewContext returns a copy of ctx, or of context.Background if that is nil,
// that carries t.
func NewContext(ctx context.Context, t *Tracker) context.Context {
	if ctx == nil {
		ctx = context.Background()
	}
	return &trackerContext{ctx, t}
}

// trackerContext is what context.WithValue would make, in half of its time and memory.
type trackerContext struct {
	context.Context
	tracker *Tracker
}

// Value implements context.Context.
func (c *trackerContext) Value(key any) any {
	if key == (contextKey{}) {
		return c.tracker
	}
	return c.Context.Value(key)
}

// FromContext returns the tracker that an adapter put into ctx, or nil, which
// is safe to use. If no adapter ever saw ctx, what the nil tracker is given is
// lost: the log says so, once.
func FromContext(ctx context.Context) *Tracker {
	if ctx != nil {
		if t, found := ctx.Value(contextKey{}).(*Tracker); found {
			return t
		}
	}
	if log := lastLog.Load(); log != nil {
		log.Once("bb: FromContext was given a context without a tracker; events sent with it are lost",
			slog.String("remedy", "give it the context that the adapter gives to handlers, not the one of main; without an adapter use Client.For"))
	}
	return nil
}

// lastLog is that of the client that was made last: FromContext itself knows none.
// nil while there is no client that sends events: then nothing is lost.
var lastLog atomic.Pointer[callbacks.Log]
