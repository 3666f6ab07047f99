package bbtelebot

import (
	tele "gopkg.in/telebot.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// readVersion reads what only later versions of telebot decode of a message.
func readVersion(*bb.Update, *tele.Message) {}

// businessOf returns the business connection that a message was sent through.
func businessOf(*tele.Message) string { return "" }
