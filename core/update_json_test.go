package bb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

func TestUpdateFromJSON(t *testing.T) {
	const user, chat = `{"id":7,"is_bot":false,"first_name":"A"}`, `{"id":-5,"type":"group","title":"G"}`
	cases := []struct {
		json string
		want bb.Update // BotID and BotUsername are set for all
	}{
		{`{"update_id":1,"message":{"message_id":1,"from":` + user + `,"chat":` + chat + `,"date":1700000000,"text":"hi","caption":"no"}}`,
			bb.Update{ID: 1, Kind: "message", UserID: 7, ChatID: -5, ChatType: "group", Date: time.Unix(1700000000, 0), Text: "hi"}},
		{`{"update_id":1,"edited_message":{"from":` + user + `,"chat":` + chat + `,"date":1700000000,"text":"/start"}}`,
			bb.Update{ID: 1, Kind: "edited_message", UserID: 7, ChatID: -5, ChatType: "group"}},
		{`{"update_id":1,"callback_query":{"id":"1","from":` + user + `,"message":{"from":{"id":42,"is_bot":true},"chat":` + chat + `,"date":0},"data":"bra"}}`,
			bb.Update{ID: 1, Kind: "callback_query", UserID: 7, ChatID: -5, ChatType: "group", CallbackData: "bra"}},
		{`{"update_id":1,"callback_query":{"id":"1","from":` + user + `,"inline_message_id":"x","data":"bra"}}`,
			bb.Update{ID: 1, Kind: "callback_query", UserID: 7, CallbackData: "bra"}},
		{`{"update_id":1,"message_reaction":{"chat":` + chat + `,"actor_chat":{"id":-9,"type":"channel"}}}`,
			bb.Update{ID: 1, Kind: "message_reaction", ChatID: -5, ChatType: "group", SenderChatID: -9}},
		{`{"update_id":1,"poll_answer":{"poll_id":"1","user":{"id":136817688,"is_bot":true},"voter_chat":{"id":-9,"type":"channel"}}}`,
			bb.Update{ID: 1, Kind: "poll_answer", UserID: 136817688, FromBot: true, ChatID: -9, ChatType: "channel", SenderChatID: -9}},
		{`{"update_id":1,"my_chat_member":{"from":` + user + `,"chat":{"id":7,"type":"private"},"new_chat_member":{"status":"kicked"}}}`,
			bb.Update{ID: 1, Kind: "my_chat_member", UserID: 7, ChatID: 7, ChatType: "private", MemberStatus: "kicked"}},
		{`{"update_id":1,"chat_boost":{"chat":` + chat + `,"boost":{"source":{"source":"premium","user":` + user + `}}}}`,
			bb.Update{ID: 1, Kind: "chat_boost", UserID: 7, ChatID: -5, ChatType: "group", BoostSource: "premium"}},
		{`{"update_id":1,"removed_chat_boost":{"chat":` + chat + `,"source":{"source":"giveaway"}}}`,
			bb.Update{ID: 1, Kind: "removed_chat_boost", ChatID: -5, ChatType: "group", BoostSource: "giveaway"}},
		{`{"update_id":1,"edited_message":{"from":{"id":7,"language_code":"ru","is_premium":true},"edit_date":1700000009,"location":{"latitude":1,"live_period":60},"is_from_offline":true}}`,
			bb.Update{ID: 1, Kind: "edited_message", UserID: 7, Language: "ru", Premium: true, EditDate: time.Unix(1700000009, 0), HasLocation: true, FromOffline: true}},
		{`{"update_id":1,"message":{"successful_payment":{"currency":"XTR","total_amount":250,"is_recurring":true,"is_first_recurring":true,"invoice_payload":"secret"},"location":null}}`,
			bb.Update{ID: 1, Kind: "message", Currency: "XTR", TotalAmount: 250, Recurring: true, FirstRecurring: true}},
		{`{"update_id":1,"message":{"refunded_payment":{"currency":"RUB","total_amount":9900}}}`,
			bb.Update{ID: 1, Kind: "message", Currency: "RUB", TotalAmount: 9900, Refunded: true}},
		{`{"update_id":1,"business_message":{"business_connection_id":"b","sender_business_bot":{"id":42,"is_bot":true}}}`,
			bb.Update{ID: 1, Kind: "business_message", BusinessConnectionID: "b", SenderBusinessBotID: 42}},
		{`{"update_id":1,"callback_query":{"from":` + user + `,"message":{"business_connection_id":"b"}}}`,
			bb.Update{ID: 1, Kind: "callback_query", UserID: 7, BusinessConnectionID: "b"}},
		{`{"update_id":1,"subscription":{"user":` + user + `,"state":"failed"}}`, bb.Update{ID: 1, Kind: "subscription", UserID: 7, SubscriptionState: "failed"}},
		{`{"update_id":1,"business_connection":{"id":"b","user":` + user + `,"user_chat_id":7}}`,
			bb.Update{ID: 1, Kind: "business_connection", UserID: 7, ChatID: 7}},
		{`{"update_id":1,"poll":{"id":"1","question":"?"}}`, bb.Update{ID: 1, Kind: "poll"}},
		// Kinds of the future: by key, and with whatever stands where it usually does.
		{`{"update_id":1,"managed_bot":{"user":` + user + `,"bot":{"id":9,"is_bot":true}}}`, bb.Update{ID: 1, Kind: "managed_bot", UserID: 7}},
		{`{"update_id":1,"telepathy":{"from":` + user + `,"chat":` + chat + `,"text":"x","date":1,"data":{"a":1},"source":"odd","message":[1]}}`,
			bb.Update{ID: 1, Kind: "telepathy", UserID: 7, ChatID: -5, ChatType: "group", Date: time.Unix(1, 0)}},
		{`{"message":{"from":` + user + `}}`, bb.Update{Kind: "message", UserID: 7}},
		// Proxies add objects of their own.
		{`{"update_id":1,"bot":{"id":9},"zoo":{},"poll":{},"message":{"from":` + user + `}}`, bb.Update{ID: 1, Kind: "message", UserID: 7}},
		{`{"update_id":1,"bot":{"id":9},"message":{"text":5,"from":` + user + `}}`, bb.Update{ID: 1, Kind: "message", UserID: 7}}, // of a type that is none
		{`{"update_id":1,"zoo":{},"aardvark":{"from":` + user + `}}`, bb.Update{ID: 1, Kind: "aardvark", UserID: 7}},
		{`{"update_id":1}`, bb.Update{ID: 1}},
		{`{"update_id":1,"message":null}`, bb.Update{ID: 1}},
		{`{"update_id":1,"` + strings.Repeat("x", 65) + `":{"from":` + user + `}}`, bb.Update{ID: 1}},
	}
	for _, c := range cases {
		c.want.BotID, c.want.BotUsername = 42, "this_bot"
		got, err := bb.UpdateFromJSON([]byte(c.json), 42, "@this_bot")
		if err != nil || got != c.want {
			t.Errorf("%s\ngot  %+v, %v\nwant %+v", c.json, got, err, c.want)
		}
	}
}

func TestUpdateFromJSONRefusesWhatIsNoUpdate(t *testing.T) {
	for _, text := range []string{``, `null`, `[]`, `"secret"`, `{`, `{"update_id":"secret"}`, `{"update_id":1.5}`,
		`{}`, `{"secret":{"from":{"id":7}}}`, `{"ok":true,"result":[{"update_id":5,"message":{}}]}`,
		`{"ok":false,"parameters":{"retry_after":3}}`} {
		u, err := bb.UpdateFromJSON([]byte(text), 42, "")
		if err == nil || u != (bb.Update{}) {
			t.Errorf("UpdateFromJSON(%s) = %+v, %v; want an error", text, u, err)
		}
		if strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("the error quotes the input: %v", err)
		}
	}
}

// Whatever comes in, at most the automatic events go out, and nothing panics.
func FuzzUpdateFromJSON(f *testing.F) {
	for _, seed := range []string{
		`{"update_id":1,"message":{"from":{"id":7},"chat":{"id":7,"type":"private"},"date":1700000000,"text":"/start ref"}}`,
		`{"update_id":1,"callback_query":{"id":"1","from":{"id":7},"message":{"chat":{"id":7}},"data":"\f x|y"}}`,
		`{"update_id":1,"chat_boost":{"boost":{"source":{"user":{"id":7}}}}}`,
		`{"update_id":9223372036854775807,"poll":{}}`, `null`, `{}`, `[1]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		u, err := bb.UpdateFromJSON(data, 42, "this_bot")
		if err != nil {
			return
		}
		rec := recorder(t, everything)
		rec.Client().Observe(u).ChoiceMade(nil)
		if n := len(rec.Events()); n < 1 || n > 4 {
			t.Errorf("%d events for %s", n, data)
		}
		if s := rec.Client().Stats(); s.Received != s.Delivered+s.Dropped {
			t.Errorf("the ledger does not add up: %+v", s)
		}
	})
}
