package bb_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// disclosures are the rows of the table in docs/privacy.md: updates in which what
// the row is about stands as a marker, and the switch that lets it out. noSwitch: it is
// sent; nil: it never is.
var disclosures = map[string]struct {
	on      func(*bb.Config)
	updates []string
	markers []string // all in the updates, as they would stand on the wire
}{
	"Telegram id of the user, of the chat": {noSwitch,
		[]string{`"message":{"from":{"id":7100001},"chat":{"id":-7100002,"type":"group"}}`}, []string{"7100001", "-7100002"}},
	"kind of update, type of chat, time": {noSwitch,
		[]string{`"channel_post":{"date":1700000123,"chat":{"id":-7100002,"type":"channel"}}`}, []string{`"channel_post"`, `"channel"`, "2023-11-14T22:15:23"}},
	"that a person sent `/start`": {noSwitch,
		[]string{inPrivate(`"text":"/start"`)}, []string{`"user_started"`}},
	"that a person blocked the bot": {func(c *bb.Config) { c.Capture.Blocks = true },
		[]string{`"my_chat_member":{"from":{"id":7},"chat":{"id":7,"type":"private"},"new_chat_member":{"status":"kicked"}}`}, []string{`"bot_blocked"`}},
	"name of a command, without what follows it": {func(c *bb.Config) { c.Capture.Commands = true },
		[]string{inPrivate(`"text":"/MARKcommand with words"`)}, []string{"MARKcommand"}},
	"data of a pressed inline button": {func(c *bb.Config) { c.Capture.Buttons = true },
		[]string{`"callback_query":{"id":"1","from":{"id":7},"data":"MARKdata","message":{"chat":{"id":7,"type":"private"}}}`}, []string{"MARKdata"}},
	"parameter of a deep link (`/start ref_7`); it may be a login secret": {func(c *bb.Config) { c.Capture.StartParams = []string{"MARK"} },
		[]string{inPrivate(`"text":"/start MARKparam"`)}, []string{"MARKparam"}},
	"people who write to a business account": {func(c *bb.Config) { c.Capture.Business = true },
		[]string{`"business_message":{"business_connection_id":"b","from":{"id":7100003},"chat":{"id":7100003,"type":"private"}}`}, []string{"7100003"}},
	"currency and amount of a payment or a refund": {func(c *bb.Config) { c.Capture.Payments = true },
		[]string{inPrivate(`"successful_payment":{"currency":"RUB","total_amount":7100004}`), inPrivate(`"refunded_payment":{"currency":"XTR","total_amount":7100005}`)},
		[]string{`"RUB"`, "7100004", `"XTR"`, "7100005"}},
	"language of a person, whether they have Telegram Premium": {func(c *bb.Config) {
		c.Enrich = func(_ string, about bb.UpdateInfo) bb.Payload {
			return bb.Payload{"lang": about.Language, "tier": fmt.Sprint("MARK", about.Premium)}
		}
	}, []string{`"message":{"from":{"id":7,"language_code":"MARKru","is_premium":true},"chat":{"id":7,"type":"private"}}`}, []string{"MARKru", "MARKtrue"}},
	"what your code puts into a payload": {on: noSwitch}, // nothing of an update
	"texts and captions of messages": {nil, []string{
		inPrivate(`"text":"WORDS"`), inPrivate(`"text":"/start WORDS\u00a0"`), inPrivate(`"text":"/help WORDS"`), inPrivate(`"caption":"WORDS"`),
		inPrivate(`"reply_to_message":{"message_id":3,"text":"WORDS"},"quote":{"text":"WORDS"}`),
		`"edited_message":{"edit_date":1,"from":{"id":7},"chat":{"id":7},"text":"/WORDS"}`,
	}, []string{"WORDS"}},
	"photos, files, locations, contacts, phone numbers": {nil, []string{
		inPrivate(`"photo":[{"file_id":"MARKfile"}]`), inPrivate(`"document":{"file_name":"MARKfile"}`),
		inPrivate(`"location":{"latitude":51.7100006,"longitude":1}`),
		inPrivate(`"contact":{"phone_number":"+MARKphone","first_name":"MARKphone"}`), inPrivate(`"text":"/MARKphone_79161234567"`), inPrivate(`"text":"/79161234567"`),
	}, []string{"MARKfile", "51.71", "MARKphone", "79161234567"}},
	"first and last names, user names": {nil, []string{
		`"message":{"from":{"id":7,"first_name":"MARKname","last_name":"MARKname","username":"MARKname"},"chat":{"id":7,"type":"private","first_name":"MARKname","title":"MARKname","username":"MARKname"},"text":"/start"}`,
		`"chat_join_request":{"from":{"id":7,"first_name":"MARKname"},"chat":{"id":-8,"title":"MARKname"},"bio":"MARKname","invite_link":{"invite_link":"MARKname","name":"MARKname"}}`,
	}, []string{"MARKname"}},
	"payload of an invoice, ordered goods and addresses, charge ids": {nil, []string{
		inPrivate(`"successful_payment":{"currency":"RUB","total_amount":1,"invoice_payload":"MARKorder","shipping_option_id":"MARKorder","telegram_payment_charge_id":"MARKorder","provider_payment_charge_id":"MARKorder","order_info":{"name":"MARKorder","email":"MARKorder","shipping_address":{"city":"MARKorder"}}}`),
		`"pre_checkout_query":{"id":"1","from":{"id":7},"currency":"RUB","total_amount":1,"invoice_payload":"MARKorder"}`,
		`"shipping_query":{"id":"1","from":{"id":7},"invoice_payload":"MARKorder","shipping_address":{"city":"MARKorder"}}`,
	}, []string{"MARKorder"}},
	"inline queries, poll answers": {nil, []string{
		`"inline_query":{"id":"1","from":{"id":7},"query":"MARKquery"}`, `"chosen_inline_result":{"result_id":"MARKquery","from":{"id":7},"query":"MARKquery"}`,
		`"poll_answer":{"poll_id":"MARKquery","user":{"id":7},"option_ids":[7100007]}`, `"poll":{"id":"MARKquery","question":"MARKquery"}`,
	}, []string{"MARKquery", "7100007"}},
	"the bot's token": {nil, []string{
		`"managed_bot":{"user":{"id":7},"bot":{"id":9},"token":"9:MARKtoken"}`,
	}, []string{"MARKtoken"}},
}

func noSwitch(*bb.Config) {}

func inPrivate(field string) string {
	return `"message":{"message_id":1,"from":{"id":7},"chat":{"id":7,"type":"private"},` + field + `}`
}

// The table of docs/privacy.md says what can leave the bot: each row that is sent, or
// sent on request, leaves so and not otherwise, and no other leaves at all.
func TestPrivacyTable(t *testing.T) {
	page, err := os.ReadFile("../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## What is sent")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) < 3 || strings.HasPrefix(line, "| |") {
			continue
		}
		rows++
		what := strings.TrimPrefix(cells[0], "| ")
		d, known := disclosures[what]
		promise := "on request"
		switch {
		case strings.HasSuffix(strings.TrimSpace(line), "| never |"):
			promise = "never"
		case cells[1] == "yes":
			promise = "always"
		}
		t.Run(what, func(t *testing.T) {
			if !known {
				t.Fatal("the test does not know this row")
			}
			if (promise == "never") != (d.on == nil) {
				t.Errorf("the page says %s", promise)
			}
			byDefault, everywhere := sentOf(t, d.updates, noSwitch), sentOf(t, d.updates, everySwitch)
			asked := byDefault
			if d.on != nil {
				asked = sentOf(t, d.updates, d.on)
			}
			for _, marker := range d.markers {
				if got := strings.Contains(byDefault, marker); got != (promise == "always") {
					t.Errorf("by default: %s is on the wire: %v\n%s", marker, got, byDefault)
				}
				if got := strings.Contains(asked, marker); got != (promise != "never") {
					t.Errorf("with the switch: %s is on the wire: %v\n%s", marker, got, asked)
				}
				if got := strings.Contains(everywhere, marker); got != (promise != "never") {
					t.Errorf("with all switches: %s is on the wire: %v\n%s", marker, got, everywhere)
				}
			}
		})
	}
	if rows != len(disclosures) {
		t.Errorf("docs/privacy.md has %d rows, the test knows %d", rows, len(disclosures))
	}
}

func everySwitch(c *bb.Config) {
	for _, d := range disclosures {
		if d.on != nil {
			d.on(c)
		}
	}
}

// sentOf is all that leaves when a bot gets the updates.
func sentOf(t *testing.T, updates []string, configure func(*bb.Config)) string {
	t.Helper()
	rec := bbtest.NewRecorder(t, configure, func(c *bb.Config) { c.ActivityWindow = -1 })
	for i, raw := range updates {
		u, err := bb.UpdateFromJSON(fmt.Appendf(nil, `{"update_id":%d,%s}`, 1000+i, raw), 42, "test_bot")
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		rec.Client().Observe(u)
	}
	sent, err := json.Marshal(rec.Events())
	if err != nil {
		t.Fatal(err)
	}
	return string(sent)
}
