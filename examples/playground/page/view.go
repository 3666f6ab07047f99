package page

import (
	"fmt"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// The types in this file are what a page is sent, as JSON. Times are
// milliseconds since 1970.

// Cast is who plays: it never changes.
type Cast struct {
	Libraries []Library `json:"libraries"`
	People    []Person  `json:"people"`
	Group     Group     `json:"group"`
	API       string    `json:"api"`      // where a bot of one's own finds the API; "": nowhere
	Telegram  string    `json:"telegram"` // and Telegram
}

// Library is a bot, by the name of its library.
type Library struct {
	Name     string `json:"name"`
	Username string `json:"username"`
	Line     string `json:"line"`   // of code: what the bot has for its automatic events
	Choice   string `json:"choice"` // and for a choice
}

// Person is somebody who can write to the bots.
type Person struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Group is the chat that everybody is in.
type Group struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}

// The states of a [Row].
const (
	Waiting   = "waiting"   // the client has it, the API does not
	NotTaken  = "not taken" // the same, but nothing is known of the client
	Arrived   = "arrived"   // the API took and counted it; the client does not know yet
	Delivered = "delivered" // the same, and the client got an answer
	Refused   = "refused"   // the API will never take it
	GivenUp   = "given up"  // the client dropped it for another reason
	Throttled = "throttled" // never sent: the activity window was taken
	Duplicate = "duplicate" // never sent: the client had the key already
	Notice    = "notice"    // no event: something happened
)

// Row is one line of the table of events.
type Row struct {
	Seq      int64    `json:"seq"`
	At       int64    `json:"at"` // first seen
	Library  string   `json:"library"`
	Name     string   `json:"name"`
	UserID   int64    `json:"user"`  // 0: none
	ChatID   int64    `json:"chat"`  // 0: none
	Times    int      `json:"times"` // that this happened, of what was not sent
	Payload  string   `json:"payload"`
	Key      string   `json:"key"`
	Body     string   `json:"body"`  // of the last request
	Tries    []Try    `json:"tries"` // the last requests
	Delay    *float64 `json:"delay"` // ms from occurred_at to the first time the API took it; nil: not taken
	Attempts int      `json:"attempts"`
	Pending  int      `json:"pending"` // how often it is in the client's outbox: more than once if two processes saw the update
	Status   string   `json:"status"`
	Note     string   `json:"note"` // why, or what became of the last attempt

	full string // library and key: what the row is found by
	story
}

// Try is one request with an event.
type Try struct {
	At     int64  `json:"at"`
	Answer string `json:"answer"`
	Taken  bool   `json:"taken"`
}

// Line is a line of the log that a client writes.
type Line struct {
	Library string `json:"library"`
	At      int64  `json:"at"`
	Level   string `json:"level"`
	Text    string `json:"text"`
}

// Message is one message of a chat with a bot.
type Message struct {
	Library string     `json:"library"`
	Chat    int64      `json:"chat"`
	ID      int        `json:"id"`
	From    string     `json:"from"`
	User    int64      `json:"user"` // 0: the bot wrote it
	At      int64      `json:"at"`
	Text    string     `json:"text"`
	Edited  bool       `json:"edited"`
	Buttons [][]Button `json:"buttons"`
}

// Button is a button under a message of the bot.
type Button struct {
	Text string `json:"text"`
	Data string `json:"data"`
}

// Bot is how a bot and its client stand.
type Bot struct {
	Library    string `json:"library"`
	Process    int    `json:"process"` // 1, 2, … with each restart
	Running    bool   `json:"running"`
	Received   uint64 `json:"received"`
	Recovered  uint64 `json:"recovered"`
	Delivered  uint64 `json:"delivered"`
	Dropped    uint64 `json:"dropped"`
	HandedOver uint64 `json:"handedOver"`
	Pending    int    `json:"pending"`
	Throttled  uint64 `json:"throttled"`
	Duplicates uint64 `json:"duplicates"`
	Retries    uint64 `json:"retries"`
	Silence    int64  `json:"silence"` // the API has asked this process for silence until then; 0: never
}

// NewBot is the ledger of a client in the n-th process of a library's bot.
func NewBot(library string, process int, running bool, s bb.Stats) Bot {
	return Bot{
		Library: library, Process: process, Running: running,
		Received: s.Received, Recovered: s.Recovered, Delivered: s.Delivered, Dropped: s.Dropped,
		HandedOver: s.HandedOver, Pending: s.Pending,
		Throttled: s.Throttled, Duplicates: s.Duplicates, Retries: s.Retries,
	}
}

// API is what is wrong with the API.
type API struct {
	Mode  string `json:"mode"`  // one of [Modes]
	Delay int64  `json:"delay"` // ms before every answer
}

// Modes of the API, by the names that the page uses.
var Modes = []string{"ok", "down", "cut", "401", "422", "429"}

// Answers are what the counted events of all bots say.
type Answers struct {
	Started int     `json:"started"` // people
	Active  int     `json:"active"`  // people
	Choices []Count `json:"choices"` // by what was chosen
	Others  []Count `json:"others"`  // by name: neither of the three above
	Total   int     `json:"total"`   // events
}

// Count is how often there was something.
type Count struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// Limits are how much a page keeps.
type Limits struct {
	Rows  int `json:"rows"`
	Lines int `json:"lines"`
}

// snapshot is everything, for a page that has just connected.
type snapshot struct {
	Now      int64     `json:"now"`
	Cast     Cast      `json:"cast"`
	Rows     []*Row    `json:"rows"`
	Lines    []Line    `json:"lines"`
	Messages []Message `json:"messages"`
	Bots     []Bot     `json:"bots"`
	API      API       `json:"apiState"`
	Answers  Answers   `json:"answers"`
	Limits   Limits    `json:"limits"`
}

// clip bounds a text from outside.
func clip(text string, runes int) string {
	n := 0
	for i := range text {
		if n++; n > runes {
			return fmt.Sprintf("%s… (%d bytes)", text[:i], len(text))
		}
	}
	return text
}
