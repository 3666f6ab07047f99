// Code generated from telebot/tap.go; DO NOT EDIT.

package bbtelebot

import (
	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// tap is a poller that shows a client the updates of another poller.
type tap struct {
	inner  tele.Poller
	client *bb.Client
}

// Poll runs the inner poller and ends with it. After stop it goes on taking
// updates, for the inner poller may be in the middle of a batch, but hands on
// none: nobody reads dest any more. Telegram delivers those again.
func (t *tap) Poll(bot *tele.Bot, dest chan tele.Update, stop chan struct{}) {
	updates := make(chan tele.Update)
	done := make(chan struct{})
	innerStop, hookStop := stop, chan struct{}(nil)
	if _, ok := t.inner.(*tele.Webhook); ok {
		innerStop, hookStop = make(chan struct{}, 1), stop
	}
	go func() {
		defer close(done)
		t.inner.Poll(bot, updates, innerStop)
	}()
	for {
		select {
		case <-hookStop:
			hookStop = nil
			stopWebhook(innerStop)
		case u := <-updates:
			t.client.Observe(readUpdate(bot, &u)) // before telebot writes to it
			select {
			case dest <- u:
			case <-stop:
			}
		case <-done:
			return
		}
	}
}

// stopWebhook ends telebot's webhook, which closes the channel itself once
// something comes out of it: if Bot.Stop closes it first, as it does without a
// tap, that is a panic. A webhook that could not be set has closed it already.
func stopWebhook(stop chan struct{}) {
	defer func() { _ = recover() }()
	stop <- struct{}{}
}

// tapPoller puts a tap around the poller that all updates of bot come from. It
// reports false if client has one there already.
func tapPoller(bot *tele.Bot, client *bb.Client) bool {
	if tapOf(bot, client) != nil {
		return false
	}
	source := &bot.Poller
	for inner := source; inner != nil; inner = innerPoller(*source) {
		source = inner
	}
	if *source != nil { // else Start says that there is no poller
		*source = &tap{inner: *source, client: client}
	}
	return true
}

// tapOf returns the tap of client that bot's updates pass, or nil. A nil client
// stands for any.
func tapOf(bot *tele.Bot, client *bb.Client) *tap {
	if bot == nil {
		return nil
	}
	for p := &bot.Poller; p != nil; p = innerPoller(*p) {
		if t, ok := (*p).(*tap); ok && (client == nil || t.client == client) {
			return t
		}
	}
	return nil
}

// innerPoller returns where p keeps the poller that it wraps; nil if it wraps
// none.
func innerPoller(p tele.Poller) *tele.Poller {
	switch p := p.(type) {
	case *tap:
		return &p.inner
	case *tele.MiddlewarePoller:
		if p != nil {
			return &p.Poller
		}
	}
	return nil
}
