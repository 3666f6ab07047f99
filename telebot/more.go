package bbtelebot

import (
	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readMore reads what only later versions of telebot decode of a message.
func readMore(*bb.Update, *tele.Message) {}
