package bbtelebot

import (
	tele "gopkg.in/telebot.v4"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readVersion reads what telebot.v3 does not decode of a message.
func readVersion(u *bb.Update, m *tele.Message) {
	u.BusinessConnectionID, u.FromOffline = m.BusinessConnectionID, m.FromOffline
	if m.BusinessBot != nil {
		u.SenderBusinessBotID = m.BusinessBot.ID
	}
	if m.Payment != nil {
		u.Recurring, u.FirstRecurring = m.Payment.IsRecurring, m.Payment.IsFirstRecurring
	}
	if m.RefundedPayment != nil {
		u.Refunded, u.Currency, u.TotalAmount = true, m.RefundedPayment.Currency, int64(m.RefundedPayment.Total)
	}
}

// businessOf returns the business connection that a message was sent through.
func businessOf(m *tele.Message) string { return m.BusinessConnectionID }
