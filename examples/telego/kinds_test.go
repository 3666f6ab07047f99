package bbtelego_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mymmrac/telego"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// What a kind says of people, chats and time by another name, or what none of the
// rules reads. A field of a new kind that is in neither table fails the test.
var (
	facts = map[string]func(*bb.Update) bool{
		"from":                   func(u *bb.Update) bool { return u.UserID == id("from") },
		"user":                   func(u *bb.Update) bool { return u.UserID == id("user") },
		"chat":                   func(u *bb.Update) bool { return u.ChatID == id("chat") },
		"user_chat_id":           func(u *bb.Update) bool { return u.ChatID != 0 },
		"sender_chat":            func(u *bb.Update) bool { return u.SenderChatID == id("sender_chat") },
		"actor_chat":             func(u *bb.Update) bool { return u.SenderChatID == id("actor_chat") },
		"voter_chat":             func(u *bb.Update) bool { return u.SenderChatID == id("voter_chat") && u.ChatID == id("voter_chat") },
		"date":                   func(u *bb.Update) bool { return u.Date.Equal(date) || strings.HasPrefix(u.Kind, "edited_") },
		"edit_date":              func(u *bb.Update) bool { return u.EditDate.Equal(date) },
		"remove_date":            func(u *bb.Update) bool { return u.Date.Equal(date) },
		"is_from_offline":        func(u *bb.Update) bool { return u.FromOffline },
		"business_connection_id": func(u *bb.Update) bool { return u.BusinessConnectionID == "business_connection_id" },
		"sender_business_bot":    func(u *bb.Update) bool { return u.SenderBusinessBotID == id("sender_business_bot") },
		"state":                  func(u *bb.Update) bool { return u.SubscriptionState == "state" },
	}
	// people and chats who did not act, or of whom the update is not
	others = []string{
		"bot", "via_bot", "left_chat_member", "receiver_user", "guest_bot_caller_user", "guest_bot_caller_chat", "close_date",
	}
)

var date = time.Unix(1_700_000_000, 0)

// id is the id of the person or chat in a field.
func id(field string) int64 {
	n := int64(1000)
	for _, c := range field {
		n = n*31%1_000_003 + int64(c)
	}
	return n
}

// The table of kinds and the fields that package bb reads keep up with the Bot API
// that this library was generated from.
func TestKindsAndFieldsAreKnown(t *testing.T) {
	update := reflect.TypeFor[telego.Update]()
	for i := range update.NumField() {
		kind := tag(update.Field(i))
		if kind == "" || kind == "update_id" {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			// Of two objects in an update the one that is known wins.
			read(t, kind, fmt.Sprintf(`{"update_id":1,"a":{},%q:{}}`, kind))
			content := update.Field(i).Type.Elem()
			for j := range content.NumField() {
				checkField(t, kind, content.Field(j))
			}
		})
	}
}

func checkField(t *testing.T, kind string, field reflect.StructField) {
	name := tag(field)
	value, matters := sample(name, field.Type)
	if fact, known := facts[name]; known {
		u := read(t, kind, fmt.Sprintf(`{"update_id":1,%q:{"is_enabled":true,%q:%s}}`, kind, name, value))
		if !fact(&u) {
			t.Errorf("%s is not read: %+v", name, u)
		}
		return
	}
	for _, other := range others {
		matters = matters && name != other
	}
	if matters {
		t.Errorf("nobody has said whether %s, a %s, is who acted, where or when: read it in core/update_json.go, or list it here", name, field.Type)
	}
}

// sample returns a value of a field, and whether it is a person, a chat or a time.
func sample(name string, typ reflect.Type) (value string, matters bool) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ {
	case reflect.TypeFor[telego.User](), reflect.TypeFor[telego.Chat]():
		return fmt.Sprintf(`{"id":%d}`, id(name)), true
	}
	switch typ.Kind() {
	case reflect.Bool:
		return "true", false
	case reflect.Int, reflect.Int64:
		if strings.HasSuffix(name, "date") {
			return fmt.Sprint(date.Unix()), true
		}
		return fmt.Sprint(id(name)), strings.HasSuffix(name, "user_id") || strings.HasSuffix(name, "chat_id") && !strings.HasPrefix(name, "migrate_")
	}
	text, _ := json.Marshal(name)
	return string(text), false
}

func read(t *testing.T, kind, raw string) bb.Update {
	t.Helper()
	u, err := bb.UpdateFromJSON([]byte(raw), 42, "")
	if err != nil || u.Kind != kind {
		t.Errorf("the kind is not known: core/kinds.go reads %q, %v", u.Kind, err)
	}
	return u
}

func tag(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
