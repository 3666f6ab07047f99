package bb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// closeTimeout is how long [Client.Close] keeps delivering.
const closeTimeout = 5 * time.Second

// When its context has ended, Shutdown still reports what is lost, and lets
// OnDrop and the Logger finish. It waits that long for them, and that long for
// a disk that hangs.
const (
	callbackGrace = 250 * time.Millisecond
	shutdownGrace = time.Second
)

// shutdown makes Shutdown happen once, with one result for all callers.
type shutdown struct {
	begun atomic.Bool
	done  chan struct{} // closed when err is set
	err   error
}

func newShutdown() shutdown { return shutdown{done: make(chan struct{})} }

// Flush waits until what was accepted before the call is settled: delivered,
// refused or expired. A shared outbox counts as settled what it took over. It
// returns ctx's error when ctx ends first, and returns at once when the API's
// answer shows that waiting is in vain, as with a wrong key; a *[DeliveryError]
// in the error says why. Nothing is lost either way. After Shutdown it returns
// at once. It does not wait for the name of a bot, as a command for @somebody may;
// see Update.NameAsked. Use it where a process may be frozen, as in serverless handlers.
func (c *Client) Flush(ctx context.Context) error {
	if !c.Enabled() {
		return nil
	}
	return deliveryError(c.parts.outlet.Flush(ctx))
}

// Shutdown keeps delivering and retrying until everything is settled, ctx
// ends, or the API's answer shows that it will take nothing, as with a wrong
// key; then it closes the outbox. Events sent meanwhile are still accepted,
// those sent later are counted as dropped. It returns nil only if nothing was
// lost: a durable outbox keeps the rest for the next start, a shared one for the
// other replicas. A *[DeliveryError] in the error says why events could not be
// delivered. Later calls wait for the first within their own ctx and return the
// same. It returns within a second and a half after ctx has ended, whatever
// hangs. Do not call it from OnDrop or a log handler, for which it waits.
func (c *Client) Shutdown(ctx context.Context) error {
	if c == nil || c.parts == nil {
		return nil
	}
	s := &c.parts.shutdown
	if s.begun.CompareAndSwap(false, true) {
		go func() {
			defer close(s.done)
			s.err = c.parts.stop(ctx)
		}()
	}
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(shutdownGrace)
	defer grace.Stop()
	select {
	case <-s.done:
		return s.err
	case <-grace.C:
		return fmt.Errorf("bb: shutdown goes on in the background: the outbox or a callback does not return: %w", ctx.Err())
	}
}

// Close is Shutdown with five seconds of its own: a context that has ended
// already costs no events. Defer it in main.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return c.Shutdown(ctx)
}

func (p *parts) stop(ctx context.Context) error {
	if p.intake == nil {
		_, err := p.outlet.Stop(ctx)
		return err
	}
	cause := deliveryError(p.outlet.Flush(ctx))
	p.intake.close()
	if cause == nil { // for what was accepted while that went on
		cause = deliveryError(p.outlet.Flush(ctx))
	}
	lost, err := p.outlet.Stop(ctx)
	if len(lost) > 0 {
		cause = errors.Join(cause, err)
		err = fmt.Errorf("bb: shutdown: %s not delivered and lost: %w", store.Events(len(lost)), cause)
	}
	p.counters.drop(DropClosed, len(lost))
	p.drops.accepted(DropClosed, cause, lost...)
	p.drops.flush()
	p.logLedger(len(lost))
	p.awaitCallbacks(ctx)
	return err
}

// logLedger writes one line if not everything was delivered.
func (p *parts) logLedger(lost int) {
	stats := p.counters.snapshot(p.outlet.Flow)
	switch {
	case lost > 0:
		p.log.Write(slog.LevelWarn, "bb: not all events were delivered before shutdown",
			slog.Uint64("received", stats.Received), slog.Uint64("recovered", stats.Recovered),
			slog.Uint64("delivered", stats.Delivered), slog.Uint64("dropped", stats.Dropped),
			slog.Int("lost_now", lost), slog.Int("kept", stats.Pending))
	case stats.Pending > 0:
		p.log.Write(slog.LevelInfo, "bb: events are kept for the next start",
			slog.Int("kept", stats.Pending), slog.String("kept_in", p.store.Name()),
			slog.Uint64("delivered", stats.Delivered), slog.Uint64("dropped", stats.Dropped))
	}
}

// awaitCallbacks lets OnDrop and the Logger finish, unless one of them is what
// called Shutdown.
func (p *parts) awaitCallbacks(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	if errors.Join(p.log.Wait(ctx), p.drops.calls.Wait(ctx)) == nil {
		return
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), callbackGrace)
	defer cancel()
	_ = p.log.Wait(grace)
	_ = p.drops.calls.Wait(grace)
}
