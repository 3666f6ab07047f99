package bb_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// checkPatience checks a call that had to end in time, and not before without a
// reason: nothing was delivered since it began.
func (w *simulation) checkPatience(p *process, call string, begun time.Time, within time.Duration, err error) {
	took := time.Since(begun)
	if took > within+1500*time.Millisecond {
		w.books.fail("%v: %s took %v instead of %v", p, call, took, within)
	}
	if err == nil || p.dead.Load() {
		return
	}
	w.noKeyIn(err.Error())
	var gaveUp *bb.DeliveryError
	if n := w.books.confirmedSince(p, begun); took < within && n > 0 && errors.As(err, &gaveUp) {
		w.books.fail("%v: %s gave up after %v of %v, though %d were delivered meanwhile: %v", p, call, took, within, n, err)
	}
}

// check checks what a process says of itself.
func (w *simulation) check(p *process) {
	s := p.client.Stats()
	dropped := uint64(0)
	for _, n := range s.DroppedBy {
		dropped += n
	}
	if inStore := p.store.Flow().Pending; s.Pending != inStore || s.Dropped != dropped {
		w.books.fail("%v: %d wait, and its ledger says %+v", p, inStore, s)
	}
	if n := w.books.confirmedTo(p); s.Delivered > n {
		w.books.fail("%v: the API confirmed %d, and its ledger says %+v", p, n, s)
	}
	w.noKeyIn(fmt.Sprintf("%+v %#v", p.client, p.client))
}

func (w *simulation) noKeyIn(text string) {
	if strings.Contains(text, testKey) {
		w.books.fail("the key is in %q", text)
	}
}

// heal has all go well again, until what could be delivered has to be.
func (w *simulation) heal() {
	w.tell("all goes well")
	w.healed.Store(true)
	w.api.setWeather(weather{})
	if w.away.now() {
		w.comeBack()
	}
	for _, m := range w.machines {
		if m.ill.now() {
			m.recover()
		}
		m.kill(1<<30, false)
		if m.running == nil {
			m.start()
		}
	}
	begun := time.Now()
	for range 20 {
		w.next(documented / 20)
	}
	for _, m := range w.machines {
		if m.running == nil {
			m.start()
		}
	}
	w.next(documented)
	if missing := w.books.missing(begun); len(missing) > 0 {
		w.books.fail("%d are missing:\n%s", len(missing), strings.Join(missing[:min(len(missing), 5)], "\n"))
	}
}

// end has all bots say a last word, and end.
func (w *simulation) end() {
	for _, m := range w.machines {
		if m.running == nil {
			continue
		}
		w.lastWords(m)
		enough := 5 * time.Second
		if m.habits.atOnce > 0 { // those that hang may take all requests that it makes at once
			enough = time.Minute
		}
		w.shutdown(m, enough)
	}
	if missing := w.books.missing(time.Now()); len(missing) > w.hub.holds() {
		w.books.fail("%d are missing after all bots had time enough to end:\n%s", len(missing), missing[0])
	}
	w.background.Wait()
	time.Sleep(2 * time.Minute) // of what was frozen
	requests, lines := w.asked(), w.lines()
	time.Sleep(24 * time.Hour)
	if w.asked() != requests || w.lines() != lines {
		w.books.fail("a client that is shut down is not quiet")
	}
	for _, m := range w.machines {
		for _, p := range m.ended {
			if !p.isDeaf() { // it may have given windows back
				w.checkActivities(fmt.Sprint(p), func(_ *entry, a *acceptance) bool { return a.by == p && a.gone != string(bb.DropQueueFull) })
			}
		}
	}
	if w.kind == "shared" {
		// Of an event that two processes accepted nobody knows which of the two came,
		// and one whose process froze shows an age of before.
		w.checkActivities("the replicas", func(e *entry, a *acceptance) bool {
			return e.arrived && len(e.taken) == 1 && a.late < 2 && e.frozen == nil
		})
	}
}

// lastWords has a bot send events, with some between them that always fail.
func (w *simulation) lastWords(m *machine) {
	for _, poison := range poisons {
		for range 20 {
			m.running.client.Send(bb.Event{Name: "order_paid", Payload: bb.Payload{"n": w.books.next()}})
		}
		m.running.client.Send(bb.Event{Name: "poison " + poison, Payload: bb.Payload{"n": w.books.next()}})
	}
}

func (w *simulation) lines() (n int64) {
	for _, m := range w.machines {
		for _, p := range m.ended {
			n += p.lines.Load()
		}
	}
	return n
}

func (w *simulation) asked() (n int64) {
	for _, m := range w.machines {
		for _, p := range m.ended {
			n += p.requests.Load() + p.unanswered.Load()
		}
	}
	return n
}

// checkActivities checks that at most one activity of a user passed in a window:
// of what happened just now by the clock that does not jump, of what came late by
// its date, and of what is older than an hour one an hour.
func (w *simulation) checkActivities(who string, counts func(*entry, *acceptance) bool) {
	for _, all := range w.books.activities(counts) {
		for i, a := range all {
			for _, b := range all[:i] {
				apart, window := a.at.Sub(b.at).Abs(), time.Minute
				if a.late != b.late || a.late > 0 && apart > time.Hour {
					continue // the one came when the other was forgotten
				}
				switch a.late {
				case 1:
					apart = a.occurred.Sub(b.occurred).Abs()
				case 2:
					apart = a.occurred.Truncate(time.Hour).Sub(b.occurred.Truncate(time.Hour)).Abs()
				}
				if a.key != b.key && apart < window {
					w.books.fail("%s let two activities of one user pass, %v apart: %v and %v", who, apart, a, b)
				}
			}
		}
	}
}
