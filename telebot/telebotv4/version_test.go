package bbtelebot_test

import (
	tele "gopkg.in/telebot.v4"

	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
)

// What this version of telebot has beside the others.
var (
	versionEndpoints = []any{
		tele.OnBusinessConnection, tele.OnBusinessMessage, tele.OnEditedBusinessMessage, tele.OnDeletedBusinessMessages,
		tele.OnGuestMessage, tele.OnPurchasedPaidMedia, tele.OnRefund,
	}
	versionGaps = map[string]adaptertest.Gap{
		"message_reaction_count": adaptertest.Unhandled,
		"message/live photo":     adaptertest.Undecodable | adaptertest.Fatal,
	}
)
