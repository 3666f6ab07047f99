package bb_test

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

var everything = bb.Capture{Commands: true, Buttons: true, StartParams: []string{""}, Blocks: true, Business: true, Payments: true}

func recorder(t *testing.T, capture bb.Capture) *bbtest.Recorder {
	return bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Capture = capture })
}

// message returns the update of a private message from user 7.
func message(text string) bb.Update {
	return bb.Update{
		BotID: 42, BotUsername: "This_Bot", ID: 1001, Kind: "message",
		UserID: 7, ChatID: 7, ChatType: "private", Text: text,
	}
}

func TestWhatIsAStart(t *testing.T) {
	cases := []struct {
		text  string
		start bool
		param string // sent with StartParams: ""
	}{
		{"/start", true, ""},
		{"/start ref_1-A", true, "ref_1-A"},
		{"/start\nref", true, "ref"},
		{"/start\tref", true, "ref"},
		{"/start  ref  ", true, "ref"},
		{"/start@This_Bot", true, ""},
		{"/start@this_bot ref", true, "ref"},
		{"/start my phone is 12345", true, ""},
		{"/start пароль", true, ""},
		{"/start " + string(make([]byte, 65)), true, ""},
		{"/start@OtherBot", false, ""},
		{"/start@", false, ""},
		{"/start@This_Bot@x", false, ""},
		{"/startgroup", false, ""},
		{"/starting", false, ""},
		{"/START", false, ""},
		{" /start", false, ""},
		{"hi /start", false, ""},
		{"/start!", false, ""},
		{"/start\u00a0x", false, ""},
		{"start", false, ""},
		{"/", false, ""},
		{"", false, ""},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			rec := recorder(t, bb.Capture{StartParams: []string{""}})
			rec.Client().Observe(message(c.text))
			started := rec.Events(bb.EventUserStarted)
			if (len(started) == 1) != c.start {
				t.Fatalf("%d user_started, want a start: %v", len(started), c.start)
			}
			if c.start {
				if got, _ := started[0].Payload["start_param"].(string); got != c.param {
					t.Errorf("start_param = %q, want %q", got, c.param)
				}
			}
			rec.Want(bb.EventActivity, 1)
		})
	}
}

// What does not begin as a campaign stays home: login codes, people's ids.
func TestStartParamsAreCampaigns(t *testing.T) {
	cases := []struct {
		param    string
		prefixes []string
		sent     bool
	}{
		{"ads_spring", []string{"vk_", "ads_"}, true},
		{"vk_1", []string{"vk_", "ads_"}, true},
		{"ads_", []string{"ads_"}, true},
		{"xads_1", []string{"ads_"}, false},
		{"Ads_1", []string{"ads_"}, false},
		{"login-7f3a", []string{"ads_"}, false},
		{"anything", []string{""}, true},
		{"anything", nil, false},
		{"bizChat123", []string{""}, false},
		{"bizChat123", []string{"biz"}, false},
		{"bizChatter", []string{"biz"}, true},
		{"bizChat", []string{"biz"}, true},
		{"_tgr_abc", []string{"_tgr_"}, true},
	}
	for _, c := range cases {
		rec := recorder(t, bb.Capture{StartParams: c.prefixes})
		rec.Client().Observe(message("/start " + c.param))
		got, sent := rec.Want(bb.EventUserStarted, 1)[0].Payload["start_param"]
		if sent != c.sent || sent && got != c.param {
			t.Errorf("%q with prefixes %q: start_param = %v, want it sent: %v", c.param, c.prefixes, got, c.sent)
		}
	}
}

func TestStartNeedsAPersonAndANewMessage(t *testing.T) {
	cases := map[string]func(*bb.Update){
		"an edit":              func(u *bb.Update) { u.Kind = "edited_message"; u.EditDate = time.Unix(1700000009, 0) },
		"a channel post":       func(u *bb.Update) { u.Kind = "channel_post"; u.UserID = 0 },
		"a business message":   func(u *bb.Update) { u.Kind = "business_message" },
		"an unknown kind":      func(u *bb.Update) { u.Kind = "" },
		"a bot":                func(u *bb.Update) { u.FromBot = true },
		"a chat":               func(u *bb.Update) { u.SenderChatID = -100 },
		"an anonymous admin":   func(u *bb.Update) { u.UserID = 1087968824 },
		"a channel as sender":  func(u *bb.Update) { u.UserID = 136817688 },
		"an automatic forward": func(u *bb.Update) { u.UserID = 777000 },
		"nobody":               func(u *bb.Update) { u.UserID = 0 },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			rec := recorder(t, everything)
			u := message("/start")
			change(&u)
			rec.Client().Observe(u)
			rec.Want(bb.EventUserStarted, 0)
			rec.Want(bb.EventCommandUsed, 0)
			activity := rec.Want(bb.EventActivity, 1)[0]
			person := u.Kind != "message" && u.UserID != 0
			if (activity.UserID != 0) != person {
				t.Errorf("activity of user %d, want a person: %v", activity.UserID, person)
			}
		})
	}
}

func TestStartInAGroupCounts(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	u := message("/start")
	u.ChatID, u.ChatType = -100123, "supergroup"
	rec.Client().Observe(u)
	if got := rec.Want(bb.EventUserStarted, 1)[0]; got.ChatID != -100123 || got.UserID != 7 {
		t.Errorf("user_started = %+v", got)
	}
}

func TestUnknownUsernameTakesAnyName(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	u := message("/start@whoever")
	u.BotUsername = ""
	rec.Client().Observe(u)
	rec.Want(bb.EventUserStarted, 1)
}

func TestCaptureIsOffByDefault(t *testing.T) {
	for _, capture := range []bb.Capture{{}, everything} {
		want := 0
		if capture.Commands {
			want = 1
		}
		rec := recorder(t, capture)
		client := rec.Client()
		client.Observe(message("/help me"))
		client.Observe(bb.Update{BotID: 42, ID: 2, Kind: "callback_query", UserID: 8, ChatID: 8, CallbackData: "\fteam|bra"})
		client.Observe(bb.Update{BotID: 42, ID: 3, Kind: "my_chat_member", UserID: 9, ChatID: 9, ChatType: "private", MemberStatus: "kicked"})
		client.Observe(bb.Update{BotID: 42, ID: 4, Kind: "my_chat_member", UserID: 10, ChatID: 10, ChatType: "private", MemberStatus: "member"})
		client.Observe(bb.Update{BotID: 42, ID: 5, Kind: "business_message", UserID: 11, ChatID: 11, ChatType: "private"})
		client.Observe(bb.Update{BotID: 42, ID: 6, Kind: "deleted_business_messages", ChatID: 12})

		if got := rec.Want(bb.EventCommandUsed, want); want == 1 && (got[0].Payload["command"] != "help" || got[0].Payload["handler"] != "commands") {
			t.Errorf("command_used = %v", got[0].Payload)
		}
		if got := rec.Want(bb.EventChoiceMade, want); want == 1 && (got[0].Payload["choice_id"] != "team|bra" || got[0].Payload["handler"] != "callback_query") {
			t.Errorf("choice_made = %v", got[0].Payload)
		}
		rec.Want(bb.EventBotBlocked, want)
		rec.Want(bb.EventBotUnblocked, want)
		rec.Want(bb.EventActivity, 3+2*want) // 7, 8, 10; who blocked the bot is not active; business if asked for
	}
}

func TestActivityPayload(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	client := rec.Client()
	client.Observe(message("my secret text"))
	client.Observe(bb.Update{ID: 2, UserID: 8})
	client.Observe(bb.Update{ID: 3, Kind: "my_chat_member", UserID: 9, ChatID: -5, ChatType: "group", MemberStatus: "kicked"})
	want := []string{
		`{"chat_type":"private","source":"telegram","update_type":"message"}`,
		`{"source":"telegram","update_type":"unknown"}`,
		`{"chat_type":"group","source":"telegram","update_type":"my_chat_member"}`,
	}
	for i, ev := range rec.Want(bb.EventActivity, 3) {
		payload, err := json.Marshal(ev.Payload)
		if err != nil || string(payload) != want[i] {
			t.Errorf("payload %d = %s, want %s", i, payload, want[i])
		}
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := recorder(t, bb.Capture{})
		client := rec.Client()
		client.Observe(message("a"))                                        // user 7
		client.For(7, 0).Track(bb.EventActivity, nil)                       // throttled with it
		client.Observe(bb.Update{ID: 2, Kind: "poll", ChatID: 7})           // chat 7 is not user 7
		client.Observe(bb.Update{ID: 3, Kind: "channel_post", ChatID: 7})   // throttled by its chat
		client.Observe(bb.Update{ID: 4, Kind: "channel_post", ChatID: -70}) // another chat
		client.Send(bb.Event{Name: bb.EventActivity})                       // explicit without user: never
		client.Send(bb.Event{Name: bb.EventActivity})                       // throttled
		client.For(7, 7).Track("other", nil)                                // nor other names
		client.For(7, 7).Track("other", nil)
		rec.Want(bb.EventActivity, 5)
		rec.Want("other", 2)
		if got := client.Stats().Throttled; got != 2 {
			t.Errorf("Throttled = %d, want 2", got)
		}
		time.Sleep(time.Minute - time.Millisecond)
		client.Observe(message("b"))
		rec.Want(bb.EventActivity, 5)
		time.Sleep(time.Millisecond)
		u := message("c")
		u.ID = 5
		client.Observe(u)
		rec.Want(bb.EventActivity, 6)
	})
}

func TestThrottleSlotGoesOnlyToAcceptedEvents(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) {
		cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) { return ev, ev.ChatID != -1 }
	})
	client := rec.Client()
	client.For(7, -1).Track(bb.EventActivity, nil) // held back
	client.For(7, 7).Track(bb.EventActivity, nil)
	rec.Want(bb.EventActivity, 1)
	if got := client.Stats().Throttled; got != 0 {
		t.Errorf("Throttled = %d, want 0", got)
	}
}

func TestNegativeWindowTurnsTheThrottleOff(t *testing.T) {
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.ActivityWindow = -1 })
	for range 3 {
		rec.Client().For(7, 7).Track(bb.EventActivity, nil)
	}
	rec.Want(bb.EventActivity, 3)
}

func TestUpdateCountsOnce(t *testing.T) {
	rec := recorder(t, everything)
	client := rec.Client()
	for range 3 { // redelivered, or seen by the tap and two middlewares
		tracker := client.Observe(message("/start"))
		tracker.Track(bb.EventUserStarted, bb.Payload{"handler": "mine"}) // the same one start
		tracker.ChoiceMade(bb.Payload{"team": "bra"})
		tracker.ChoiceMade(bb.Payload{"team": "bra"}) // on purpose
		tracker.ChoiceMade(bb.Payload{"team": "arg"})
		tracker.For(8, 8).ChoiceMade(bb.Payload{"team": "bra"})
	}
	rec.Want(bb.EventUserStarted, 1)
	rec.Want(bb.EventActivity, 1)
	rec.Want(bb.EventChoiceMade, 4)
	var keys []string
	for _, ev := range rec.Events() {
		if slices.Contains(keys, ev.IdempotencyKey) {
			t.Errorf("%s has a key that another event has", ev.Name)
		}
		keys = append(keys, ev.IdempotencyKey)
	}
}

func TestHandMadeUpdatesAreNotSwallowed(t *testing.T) {
	rec := recorder(t, bb.Capture{})
	client := rec.Client()
	hello, start, other := message("hello"), message("/start"), message("/start")
	other.UserID, other.ChatID = 8, 8
	for _, u := range []bb.Update{hello, start, other} { // all with the same id
		client.Observe(u)
	}
	rec.Want(bb.EventUserStarted, 2)
	start.ID = 0
	client.Observe(start)
	client.Observe(start) // without an id nothing says that it is the same
	rec.Want(bb.EventUserStarted, 4)
}

func TestOccurredAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		cases := []struct {
			name string
			date time.Time
			want time.Time
		}{
			{"no date", time.Time{}, now},
			{"just sent", now.Add(-5 * time.Second), now},
			{"waited while the bot was down", now.Add(-3 * time.Hour), now.Add(-3 * time.Hour)},
			{"a clock ahead of ours", now.Add(time.Hour), now},
		}
		for _, c := range cases {
			rec := recorder(t, bb.Capture{})
			u := message("/start")
			u.Date = c.date
			tracker := rec.Client().Observe(u)
			tracker.ChoiceMade(nil)
			for _, ev := range rec.Events() {
				want := c.want
				if ev.Name == bb.EventChoiceMade {
					want = now
				}
				if !ev.OccurredAt.Equal(want) {
					t.Errorf("%s: %s occurred at %v, want %v", c.name, ev.Name, ev.OccurredAt, want)
				}
			}
		}
	})
}
