package bbtelebot_test

import "github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"

// What this version of telebot has beside the others.
var (
	versionEndpoints []any
	versionGaps      = map[string]adaptertest.Gap{
		"message_reaction_count":            adaptertest.Undecodable,
		"message/scheduled start":           adaptertest.MissingField,
		"message/first payment":             adaptertest.MissingField,
		"message/renewal":                   adaptertest.MissingField,
		"message/refund":                    adaptertest.MissingField | adaptertest.Unhandled,
		"message/refund by the person":      adaptertest.MissingField | adaptertest.Unhandled,
		"callback_query/in a business chat": adaptertest.MissingField,
	}
)
