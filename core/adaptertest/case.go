package adaptertest

import (
	"fmt"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// testCase is one update of the corpus.
type testCase struct {
	name    string // for most: the kind, a slash, and what is special
	why     string // shown when it fails
	kind    string
	content string // the JSON under kind, with names for people and chats: see fragments
	raw     string // the whole update, where there is no kind and content

	user  int64 // whom activity is about
	named int64 // whom the handler and every other event is about, where that is another
	chat  chat
	at    int64 // when they occurred, in Unix seconds, or now; 0: as package bb says

	want     []event // with the default Capture
	captured []event // with every Capture; nil: the same
	noID     bool    // there is no update_id to recognise the update by

	field string // that decides, where not every library decodes it
	blind *blind // what the update means without

	onlyID    bool // of the one it is about the update has no more
	noPremium bool // as in Harness
}

// blind is what a case means to a library that does not decode the field that
// decides it.
type blind struct {
	user           int64
	want, captured []event
}

// now is the time of what bears no date of its own.
const now = -1

type chat struct {
	id       int64
	chatType string
}

// event is an automatic event. The payload of activity follows from the case.
type event struct {
	name    string
	payload bb.Payload
}

// messageDate is the date of every message: long ago, so that it shows in the
// events.
const messageDate = 1700000000

// People of the corpus, and those who stand in for chats.
const (
	nobody          = 0
	alice           = 1001
	owner           = 7001       // of a business account
	channelBot      = 136817688  // for a channel
	groupAnonymous  = 1087968824 // for an anonymous admin
	telegramService = 777000     // for the linked channel; not marked as a bot
)

// people is what the corpus says of them where they act; of others nothing.
var people = map[int64]struct {
	language string
	premium  bool
}{alice: {"en", true}, owner: {"", true}}

// Chats of the corpus.
var (
	nowhere    = chat{}
	private    = chat{alice, "private"}
	group      = chat{-2001, "group"}
	supergroup = chat{-1002002, "supergroup"}
	channel    = chat{-1003003, "channel"}
)

var fragments = strings.NewReplacer(
	"$alice", `{"id":1001,"is_bot":false,"first_name":"Alice","username":"alice","language_code":"en","is_premium":true}`,
	"$bob", `{"id":1002,"is_bot":false,"first_name":"Bob"}`,
	"$robot", `{"id":99,"is_bot":true,"first_name":"Robot","username":"robot_bot"}`,
	"$self", fmt.Sprintf(`{"id":%d,"is_bot":true,"first_name":"Test","username":%q}`, BotID, BotUsername),
	"$anonymous", fmt.Sprintf(`{"id":%d,"is_bot":true,"first_name":"Group","username":"GroupAnonymousBot"}`, groupAnonymous),
	"$channelbot", fmt.Sprintf(`{"id":%d,"is_bot":true,"first_name":"Channel","username":"Channel_Bot"}`, channelBot),
	"$telegram", fmt.Sprintf(`{"id":%d,"is_bot":false,"first_name":"Telegram"}`, telegramService),
	"$private", `{"id":1001,"type":"private","first_name":"Alice","username":"alice"}`,
	"$group", `{"id":-2001,"type":"group","title":"Group"}`,
	"$supergroup", `{"id":-1002002,"type":"supergroup","title":"Supergroup","username":"super"}`,
	"$channel", `{"id":-1003003,"type":"channel","title":"Channel"}`,
	"$head", fmt.Sprintf(`"message_id":11,"date":%d`, messageDate),
)

// corpus returns all cases, each with an update_id of its own.
func corpus() []testCase {
	var all []testCase
	for _, cases := range [][]testCase{
		startCases, textCases, senderCases, messageCases, callbackCases, queryCases,
		memberCases, reactionCases, businessCases, paymentCases, futureCases, emptyCases,
		reportedStartCases, reportedMessageCases, reportedCases,
	} {
		all = append(all, cases...)
	}
	for i := range all {
		if c := &all[i]; c.raw == "" {
			c.raw = fmt.Sprintf(`{"update_id":%d,%q:%s}`, 5000+i, c.kind, fragments.Replace(c.content))
		}
	}
	return all
}

// Events of the corpus.

var (
	activity  = event{name: bb.EventActivity}
	started   = event{bb.EventUserStarted, bb.Payload{"source": "telegram", "handler": "start"}}
	blocked   = event{bb.EventBotBlocked, bb.Payload{"source": "telegram"}}
	unblocked = event{bb.EventBotUnblocked, bb.Payload{"source": "telegram"}}
)

func startedWith(param string) event {
	return event{bb.EventUserStarted, bb.Payload{"source": "telegram", "handler": "start", "start_param": param}}
}

func used(command string) event {
	return event{bb.EventCommandUsed, bb.Payload{"command": command, "handler": "commands"}}
}

func paid(currency string, amount int64, recurring bool) event {
	return event{bb.EventPaymentSucceeded, bb.Payload{"currency": currency, "total_amount": amount, "recurring": recurring}}
}

func refunded(currency string, amount int64) event {
	return event{bb.EventPaymentRefunded, bb.Payload{"currency": currency, "total_amount": amount}}
}

func pressed(data string) event {
	return event{bb.EventChoiceMade, bb.Payload{"choice_id": data, "handler": "callback_query"}}
}

// text returns the content of a new message of Alice in the private chat.
func text(s string) string { return textIn("$private", s) }

func textIn(where, s string) string {
	return fmt.Sprintf(`{$head,"from":$alice,"chat":%s,"text":%s}`, where, s)
}
