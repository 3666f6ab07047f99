package bb

import (
	"slices"
	"testing"
)

// The rules are functions of an update and a Capture: no client is needed to
// hold them against a table.
func TestAutomaticEvents(t *testing.T) {
	all := Capture{Commands: true, Buttons: true, StartParams: []string{""}, Blocks: true, Business: true, Payments: true}
	const bot = "this_bot"
	cases := []struct {
		update    Update
		byDefault []string
		captured  []string // nil: the same
	}{
		{Update{Kind: "message", UserID: 7, Text: "hi"}, []string{EventActivity}, nil},
		{Update{Kind: "message", UserID: 7, Text: "/start"}, []string{EventUserStarted, EventActivity}, nil},
		{Update{Kind: "message", UserID: 7, Text: "/start@other_bot"}, []string{EventActivity}, nil},
		{Update{Kind: "message", UserID: 7, FromBot: true, Text: "/start"}, []string{EventActivity}, nil},
		{Update{Kind: "edited_message", UserID: 7, Text: "/start"}, []string{EventActivity}, nil},
		{Update{Kind: "message", UserID: 7, Text: "/help"}, []string{EventActivity}, []string{EventCommandUsed, EventActivity}},
		{Update{Kind: "callback_query", UserID: 7, CallbackData: "\fbra"}, []string{EventActivity}, []string{EventChoiceMade, EventActivity}},
		{Update{Kind: "callback_query", UserID: 7, CallbackData: "\f"}, []string{EventActivity}, nil},
		{Update{Kind: "business_message", UserID: 7}, []string{}, []string{EventActivity}},
		{Update{Kind: "my_chat_member", ChatType: "private", UserID: 7, MemberStatus: "kicked"}, []string{}, []string{EventBotBlocked}},
		{Update{Kind: "my_chat_member", ChatType: "private", UserID: 7, MemberStatus: "member"}, []string{EventActivity}, []string{EventBotUnblocked, EventActivity}},
		{Update{Kind: "my_chat_member", ChatType: "group", UserID: 7, MemberStatus: "kicked"}, []string{EventActivity}, nil},
		{Update{Kind: "message", UserID: 7, Currency: "XTR", TotalAmount: 100}, []string{EventActivity}, []string{EventPaymentSucceeded, EventActivity}},
		{Update{Kind: "message", UserID: 7, Currency: "USD", Recurring: true}, []string{EventActivity}, []string{EventPaymentSucceeded, EventActivity}},
		{Update{Kind: "message", UserID: 42, FromBot: true, Currency: "XTR", Refunded: true}, []string{EventActivity}, []string{EventPaymentRefunded, EventActivity}},
		{Update{Kind: "message", UserID: 7, Currency: "no currency"}, []string{EventActivity}, nil},
		{Update{Kind: "message", UserID: 7, Currency: "xtr"}, []string{EventActivity}, nil},
		{Update{Kind: "channel_post", Currency: "XTR"}, []string{EventActivity}, nil},
		{Update{}, []string{EventActivity}, nil},
	}
	for _, c := range cases {
		c.update.BotUsername = bot
		if c.captured == nil {
			c.captured = c.byDefault
		}
		subjects := subjectsOf(&c.update)
		if got := automaticEvents([]string{}, &c.update, &subjects, &Capture{}); !slices.Equal(got, c.byDefault) {
			t.Errorf("%+v emits %q, want %q", c.update, got, c.byDefault)
		}
		got := automaticEvents([]string{}, &c.update, &subjects, &all)
		if !slices.Equal(got, c.captured) || len(got) > maxAutomatic {
			t.Errorf("%+v emits %q with every Capture, want %q", c.update, got, c.captured)
		}
	}
}
