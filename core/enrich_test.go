package bb_test

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"testing/synctest"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func enriching(t *testing.T, enrich func(string, bb.UpdateInfo) bb.Payload, more ...func(*bb.Config)) *bbtest.Recorder {
	return bbtest.NewRecorder(t, append(more, func(cfg *bb.Config) { cfg.Enrich = enrich })...)
}

// Every event of an update and of its trackers gets the additions, and keeps what it
// said itself.
func TestEnrich(t *testing.T) {
	rec := enriching(t, func(name string, about bb.UpdateInfo) bb.Payload {
		return bb.Payload{"version": "2", "language": about.Language, "source": "overwritten", "mine": 1}
	})
	u := message("/start ads_1")
	u.Language, u.Premium = "ru", true
	tracker := rec.Client().Observe(u)
	given := bb.Payload{"team": "bra", "version": "handler's"}
	tracker.ChoiceMade(given)
	rec.Client().For(7, 0).Track("order_paid", nil)
	rec.Client().Send(bb.Event{Name: "server_started"})

	if len(given) != 2 {
		t.Errorf("the payload of the handler was changed: %v", given)
	}
	for name, want := range map[string]bb.Payload{
		bb.EventUserStarted: {"source": "telegram", "handler": "start", "version": "2", "language": "ru", "mine": 1.0},
		bb.EventActivity:    {"source": "telegram", "update_type": "message", "chat_type": "private", "version": "2", "language": "ru", "mine": 1.0},
		bb.EventChoiceMade:  {"team": "bra", "version": "handler's", "language": "ru", "source": "overwritten", "mine": 1.0},
		"order_paid":        {"version": "2", "language": "", "source": "overwritten", "mine": 1.0},
		"server_started":    {},
	} {
		if got := rec.Events(name); len(got) != 1 || !maps.Equal(got[0].Payload, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
}

// What Enrich knows is about the event that it is asked for: nothing of what a
// person wrote or pressed, and of their language nothing that goes to another.
func TestEnrichKnows(t *testing.T) {
	var got []bb.UpdateInfo
	rec := enriching(t, func(_ string, about bb.UpdateInfo) bb.Payload {
		got = append(got, about)
		return nil
	}, func(cfg *bb.Config) { cfg.Capture.StartParams = []string{"ads_"} })
	person := bb.UpdateInfo{Kind: "message", ChatType: "private", UserID: 7, ChatID: 7, Language: "ru", Premium: true}
	campaign, other, nobody := person, person, person
	campaign.StartParam = "ads_1"
	other.UserID, other.ChatID, other.Language, other.Premium = 8, 9, "", false
	nobody.UserID, nobody.Language, nobody.Premium = 0, "", false

	u := message("/start ads_1")
	u.Language, u.Premium = "ru", true
	rec.Client().Observe(u) // user_started, activity
	secret := u
	secret.ID, secret.Text, secret.UserID = 1002, "/start login_secret", 70
	rec.Client().Observe(secret)
	secretly := person
	secretly.UserID = 70
	renewal := u
	renewal.ID, renewal.Text, renewal.Recurring = 1003, "", true
	tracker := rec.Client().Observe(renewal)
	tracker.Track("order_paid", nil)
	tracker.For(8, 9).Track("order_paid", nil)
	rec.Client().For(7, 7).Track("order_paid", nil)

	want := []bb.UpdateInfo{campaign, campaign, secretly, secretly, nobody, person, other, {UserID: 7, ChatID: 7}}
	if len(got) != len(want) {
		t.Fatalf("Enrich was asked %d times, want %d: %+v", len(got), len(want), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%d: Enrich knows %+v, want %+v", i, got[i], want[i])
		}
	}
}

// A redelivered update counts once although the bot was updated in between.
func TestEnrichKeepsKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := func(version string) (keys []string) {
			rec := enriching(t, func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"version": version} })
			tracker := rec.Client().Observe(message("/start"))
			tracker.ChoiceMade(bb.Payload{"team": "bra"})
			tracker.ChoiceMade(bb.Payload{"team": "bra"})
			for _, ev := range rec.Events() {
				keys = append(keys, ev.IdempotencyKey)
			}
			return keys
		}
		first, second := keys("1"), keys("2")
		if strings.Join(first, " ") != strings.Join(second, " ") || len(first) != 4 {
			t.Errorf("with version 1 the keys are %v, with version 2 %v", first, second)
		}
	})
}

// Whatever Enrich does costs no event, and is said once.
func TestEnrichFails(t *testing.T) {
	huge := strings.Repeat("x", 5000)
	for name, enrich := range map[string]func(string, bb.UpdateInfo) bb.Payload{
		"panics":         func(string, bb.UpdateInfo) bb.Payload { panic("secret of the bot") },
		"too large":      func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"a": huge} },
		"no JSON":        func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"a": math.NaN()} },
		"panics in JSON": func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"a": panicsInJSON{}} },
		"returns nil":    func(string, bb.UpdateInfo) bb.Payload { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			rec := enriching(t, enrich)
			tracker := rec.Client().Observe(message("/start"))
			tracker.ChoiceMade(bb.Payload{"team": "bra"})
			if got := rec.Events(); len(got) != 3 || len(got[2].Payload) != 1 || got[2].Payload["team"] != "bra" {
				t.Errorf("the events are %v", got)
			}
		})
	}
}

type panicsInJSON struct{}

func (panicsInJSON) MarshalJSON() ([]byte, error) { panic("in JSON") }

// An event that is as large as one can be goes without additions.
func TestEnrichOfALargeEvent(t *testing.T) {
	rec := enriching(t, func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"version": strings.Repeat("1", 4000)} })
	rec.Client().For(7, 7).Track("report", bb.Payload{"text": strings.Repeat("x", 63<<10)})
	if got := rec.Events("report"); len(got) != 1 || len(got[0].Payload) != 1 {
		t.Errorf("%d events arrived, %d were rejected", len(got), len(rec.Suppressed()))
	}
}

// BeforeSend has the last look: it sees the additions, and may take them away.
func TestEnrichBeforeBeforeSend(t *testing.T) {
	rec := enriching(t, func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"version": "2"} }, func(cfg *bb.Config) {
		cfg.BeforeSend = func(ev bb.Event) (bb.Event, bool) {
			if ev.Payload["version"] != "2" {
				t.Errorf("BeforeSend got %v", ev.Payload)
			}
			delete(ev.Payload, "version")
			return ev, true
		}
	})
	rec.Client().For(7, 7).Track("order_paid", bb.Payload{"sum": 1})
	if got := rec.Events("order_paid"); len(got) != 1 || len(got[0].Payload) != 1 {
		t.Errorf("got %v", got)
	}
}

// A parameter for another bot, or for who knows whom, is nobody's campaign.
func TestParameterForAnotherBotStaysHome(t *testing.T) {
	for _, named := range []bool{true, false} {
		rec := enriching(t, func(_ string, about bb.UpdateInfo) bb.Payload { return bb.Payload{"link": about.StartParam} },
			func(cfg *bb.Config) { cfg.Capture.StartParams = []string{"ref_"} })
		if named {
			rec.Client().Named(42, "this_bot")
		}
		u := message("/start@other_bot ref_login_secret")
		u.BotUsername, u.NameAsked = "", named
		rec.Client().Observe(u).Track("done", nil)
		u.ID, u.Text = u.ID+1, "/start@this_bot ref_2"
		rec.Client().Observe(u).Track("mine", nil)
		for _, ev := range rec.Events() {
			if text := fmt.Sprint(ev.Payload); strings.Contains(text, "secret") {
				t.Errorf("named: %v: %s has %s", named, ev.Name, text)
			}
		}
		if got := rec.Want("mine", 1)[0].Payload["link"]; named && got != "ref_2" {
			t.Errorf("the campaign of this bot's own link is %v", got)
		}
	}
}

// What an owner does with the slice afterwards lets nothing more out.
func TestPrefixesAreThoseOfNew(t *testing.T) {
	prefixes := []string{"ads_"}
	rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Capture.StartParams = prefixes })
	prefixes[0] = ""
	rec.Client().Observe(message("/start login_secret"))
	if p := rec.Want(bb.EventUserStarted, 1)[0].Payload["start_param"]; p != nil {
		t.Errorf("%v was sent", p)
	}
}

// counting is another value each time that it is encoded, and a larger one.
type counting struct{ n *int }

func (c counting) MarshalJSON() ([]byte, error) {
	*c.n++
	return fmt.Appendf(nil, `"%d%s"`, *c.n, strings.Repeat("x", (*c.n-1)*10_000)), nil
}

// What is in the key is what is sent, and what was measured.
func TestEnrichedEventIsEncodedOnce(t *testing.T) {
	rec := enriching(t, func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"added": counting{new(int)}} })
	rec.Client().For(7, 7).Track("report", bb.Payload{"own": counting{new(int)}})
	if got := rec.Want("report", 1)[0].Payload; got["own"] != "1" || got["added"] != "1" {
		t.Errorf("sent %.80v", got)
	}
}

// Enrich costs no event its room, whatever JSON makes of name and key.
func TestEnrichOfAnEscapedEvent(t *testing.T) {
	rec := enriching(t, func(string, bb.UpdateInfo) bb.Payload { return bb.Payload{"version": strings.Repeat("1", 4000)} })
	rec.Client().For(7, 7).Send(bb.Event{Name: "report", IdempotencyKey: strings.Repeat(`"`, 14_000), Payload: bb.Payload{"text": strings.Repeat("x", 34_000)}})
	rec.Want("report", 1)
}

// The money goes back to a person; what Telegram says of the bot that says so is not
// about them, and what a person's link was is not about those whom they invited.
func TestEnrichTellsPersonsApart(t *testing.T) {
	rec := enriching(t, func(_ string, about bb.UpdateInfo) bb.Payload {
		return bb.Payload{"about": about.Language + about.StartParam}
	}, func(cfg *bb.Config) { cfg.Capture = bb.Capture{Payments: true, StartParams: []string{"ads_"}} })
	refund, err := bb.UpdateFromJSON(bbtest.RefundJSON(7, "XTR", 1), 42, "bot")
	if err != nil {
		t.Fatal(err)
	}
	refund.UserID, refund.FromBot, refund.Language = 42, true, "en"
	rec.Client().Observe(refund)
	rec.Client().Bind(bb.Update{BotID: 42, ID: refund.ID}).Track("thanks_sent", nil)
	u := message("/start ads_1")
	u.Language = "ru"
	rec.Client().Observe(u).For(8, 8).Track("friend_invited", nil)
	for _, name := range []string{bb.EventPaymentRefunded, "friend_invited"} {
		if got := rec.Want(name, 1)[0].Payload["about"]; got != "" {
			t.Errorf("%s has %v", name, got)
		}
	}
	if user := rec.Want("thanks_sent", 1)[0].UserID; user == 42 {
		t.Error("the bot itself is taken for a person")
	}
}
