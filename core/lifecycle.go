package bb

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/delivery"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
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
// returns ctx's error when ctx ends first, and says at once when the API's
// answer shows that waiting is in vain, as with a wrong key. Nothing is lost
// either way. After Shutdown it returns at once. Use it where a process may be
// frozen, as in serverless handlers.
func (c *Client) Flush(ctx context.Context) error {
	s := c.live()
	if s == nil || s.engine == nil {
		return nil
	}
	return s.engine.Flush(ctx)
}

// Shutdown keeps delivering and retrying until everything is settled, ctx
// ends, or the API's answer shows that it will take nothing, as with a wrong
// key; then it closes the outbox. Events sent meanwhile are still accepted,
// those sent later are counted as dropped. It returns nil only if nothing was
// lost: a durable outbox keeps the rest for the next start, a shared one for the
// other replicas. Later calls wait
// for the first within their own ctx and return the same. It returns within a
// second and a half after ctx has ended, whatever hangs. Do not call it from
// OnDrop or a log handler, for which it waits.
func (c *Client) Shutdown(ctx context.Context) error {
	if c == nil || c.state == nil {
		return nil
	}
	s := c.state
	if s.shutdown.begun.CompareAndSwap(false, true) {
		go func() {
			defer close(s.shutdown.done)
			s.shutdown.err = s.stop(ctx)
		}()
	}
	select {
	case <-s.shutdown.done:
		return s.shutdown.err
	case <-ctx.Done():
	}
	grace := time.NewTimer(shutdownGrace)
	defer grace.Stop()
	select {
	case <-s.shutdown.done:
		return s.shutdown.err
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

func (s *state) stop(ctx context.Context) error {
	if s.engine == nil { // disabled, or a sink
		s.refuseFurther()
		return s.closeBox()
	}
	cause := s.engine.Flush(ctx)
	s.refuseFurther()
	if cause == nil { // for what was accepted while that went on
		cause = s.engine.Flush(ctx)
	}
	lost, err := s.engine.Stop(ctx)
	if len(lost) > 0 {
		cause = errors.Join(cause, err)
		err = fmt.Errorf("bb: shutdown: %d events were not delivered and are lost: %w", len(lost), cause)
	}
	s.dropAccepted(DropClosed, cause, lost...)
	s.drops.flush()
	s.logLedger(len(lost), s.engine.Pending())
	s.awaitCallbacks(ctx)
	return err
}

// awaitCallbacks lets OnDrop and the Logger finish, unless one of them is what
// called Shutdown.
func (s *state) awaitCallbacks(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	if errors.Join(s.lines.Wait(ctx), s.drops.calls.Wait(ctx)) == nil {
		return
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), callbackGrace)
	defer cancel()
	_ = s.lines.Wait(grace)
	_ = s.drops.calls.Wait(grace)
}

// refuseFurther returns when no event is on its way into the outbox any more.
func (s *state) refuseFurther() {
	s.putting.Lock()
	defer s.putting.Unlock()
	s.closed.Store(true)
}

func (s *state) closeBox() error {
	if s.box == nil {
		return nil
	}
	_, err := s.box.Close()
	return err
}

// logLedger writes one line if not everything was delivered.
func (s *state) logLedger(lost, kept int) {
	stats := s.counters.snapshot()
	switch {
	case lost == 0 && kept == 0:
		return
	case lost == 0:
		s.lines.Do(func() {
			s.logger.Info("bb: events are kept for the next start", "kept", kept, "kept_in", s.box.Place(),
				"delivered", stats.Delivered, "dropped", stats.Dropped)
		})
		return
	}
	s.lines.Do(func() {
		s.logger.Warn("bb: not all events were delivered before shutdown",
			"received", stats.Received, "recovered", stats.Recovered, "delivered", stats.Delivered,
			"dropped", stats.Dropped, "lost_now", lost, "kept", kept)
	})
}

var errTooOld = errors.New("Config.MaxAge passed before the API took it")

// ledger counts what the engine reports.
type ledger struct{ *state }

func (l ledger) Delivered() { l.counters.delivered.Add(1) }
func (l ledger) Retried()   { l.counters.retries.Add(1) }

func (l ledger) Refused(r outbox.Record, why *delivery.Problem) {
	l.dropAccepted(DropRefused, why, r)
}

func (l ledger) Unreadable(r outbox.Record) { l.dropAccepted(DropOutbox, r.Err, r) }

// Throttled events are none that a user has to hear of.
func (l ledger) Throttled(outbox.Record) { l.counters.drop(DropThrottled, 1) }

func (l ledger) Taken(r outbox.Record) {
	l.counters.recovered.Add(1)
	l.warnOfStrangers(r)
}

func (l ledger) HandedOver() { l.counters.handedOver.Add(1) }

func (l ledger) Expired(r outbox.Record) { l.dropAccepted(DropExpired, errTooOld, r) }
