package telegramsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

func TestConversation(t *testing.T) {
	sim, bot := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	bot.SendText(ann, group, "hi 😀 /start@demo_bot")
	send := map[string]string{
		"chat_id": "-100", "text": "Which team?",
		"reply_markup": `{"inline_keyboard":[[{"text":"Brazil","callback_data":"bra"}]]}`,
	}
	if r := call(t, sim, "/bot"+token+"/sendMessage", send); !r.OK {
		t.Fatal(r)
	}
	sent, err := bot.Await(ctx, telegramsim.SentTo(group.ID))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Press(ann, *sent.Message, "fra"); err == nil {
		t.Error("a button that is not there was pressed")
	}
	if _, err := bot.Press(ann, *sent.Message, "bra"); err != nil {
		t.Fatal(err)
	}

	var updates []struct {
		Message  telegramsim.Message `json:"message"`
		Callback struct {
			ID, Data string
			From     telegramsim.User
			Message  telegramsim.Message
		} `json:"callback_query"`
	}
	if err := json.Unmarshal(getUpdates(t, sim, 0, 0, 0).Result, &updates); err != nil || len(updates) != 2 {
		t.Fatalf("%v %v", updates, err)
	}
	text, press := updates[0].Message, updates[1].Callback
	if want := (telegramsim.Entity{Type: "bot_command", Offset: 6, Length: 15}); len(text.Entities) != 1 || text.Entities[0] != want {
		t.Errorf("entities %v, want %v", text.Entities, want)
	}
	if text.From.ID != ann.ID || text.Chat != group || time.Since(time.Unix(text.Date, 0)) > time.Minute {
		t.Errorf("message %+v", text)
	}
	if press.Data != "bra" || press.From != ann || press.Message.ID != sent.Message.ID || press.Message.From.ID != 1001 {
		t.Errorf("callback query %+v", press)
	}

	if r := call(t, sim, "/bot"+token+"/answerCallbackQuery", map[string]string{"callback_query_id": press.ID}); !r.OK {
		t.Error(r)
	}
	edit := map[string]string{"chat_id": "-100", "message_id": fmt.Sprint(sent.Message.ID), "text": "Brazil!"}
	if r := call(t, sim, "/bot"+token+"/editMessageText", edit); !r.OK {
		t.Error(r)
	}
	if r := call(t, sim, "/bot"+token+"/editMessageText", edit); r.ErrorCode != 400 || !strings.Contains(r.Description, "message is not modified") {
		t.Errorf("the same edit again: %+v", r)
	}
	edited, err := bot.Await(ctx, telegramsim.EditedIn(group.ID))
	if err != nil {
		t.Fatal(err)
	}
	if m := edited.Message; m.Text != "Brazil!" || m.ReplyMarkup != nil || m.EditDate == 0 {
		t.Errorf("edited message %+v", m)
	}
	var methods []string
	for _, c := range bot.Calls() {
		methods = append(methods, c.Method)
	}
	if got := strings.Join(methods, " "); got != "sendMessage answerCallbackQuery editMessageText" {
		t.Errorf("calls: %s", got)
	}
}

func TestRawFillsInTheUpdateID(t *testing.T) {
	sim, bot := start(t)
	if _, err := bot.Raw([]byte(`{"poll_answer":{"poll_id":"1","option_ids":[0]},"update_id":5}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Raw([]byte(`{"message":{"message_id":1,"date":1,"text":"x","chat":{"id":9,"type":"private"}}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := bot.Raw([]byte(`[]`)); err == nil {
		t.Error("an array was taken as an update")
	}
	equal(t, "raw", getUpdates(t, sim, 0, 0, 0).updates(t), 1, 2)
	if r := call(t, sim, "/bot"+token+"/sendMessage", map[string]string{"chat_id": "9", "text": "x"}); !r.OK {
		t.Errorf("the chat of a raw message cannot be written to: %+v", r)
	}
}

func TestAwaitGivesUpWithItsContext(t *testing.T) {
	_, bot := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := bot.Await(ctx, telegramsim.SentTo(1)); err == nil {
		t.Error("Await found a message that nobody sent")
	}
}

// The bots of one server, and the script of one bot, run at the same time in a
// playground: the race detector reads along.
func TestConcurrentScriptAndBots(t *testing.T) {
	sim, _ := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var work sync.WaitGroup
	for n := range 3 {
		token := fmt.Sprintf("%d:x", 2001+n)
		bot := sim.AddBot(token, "b")
		user := telegramsim.User{ID: int64(n + 1), FirstName: "U"}
		bot.SendText(user, user.Chat(), "first")
		work.Go(func() {
			for range 20 {
				bot.SendText(user, user.Chat(), "hi")
			}
		})
		work.Go(func() {
			for range 20 {
				query := fmt.Sprintf("/sendMessage?chat_id=%d&text=x", user.ID)
				if r, err := send(ctx, sim.URL()+"/bot"+token+query, "", http.NoBody); err != nil || !r.OK {
					t.Error(r, err)
				}
			}
		})
		work.Go(func() {
			twentieth := func(c telegramsim.Call) bool { return c.Seq == 20 }
			if _, err := bot.Await(ctx, twentieth); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
}

func TestMessagesShowBothSides(t *testing.T) {
	sim, bot := start(t)
	_, changed := bot.Messages()
	bot.SendText(ann, ann.Chat(), "hi")
	receive(t, changed)
	_, changed = bot.Messages()
	call(t, sim, "/bot"+token+"/sendMessage", map[string]string{"chat_id": "7", "text": "hello"})
	receive(t, changed)
	_, changed = bot.Messages()
	call(t, sim, "/bot"+token+"/editMessageText", map[string]string{"chat_id": "7", "message_id": "2", "text": "bye"})
	receive(t, changed)

	messages, _ := bot.Messages()
	if len(messages) != 2 || messages[0].From.ID != ann.ID || messages[0].Text != "hi" ||
		messages[1].From.ID != bot.User().ID || messages[1].Text != "bye" || messages[1].EditDate == 0 {
		t.Errorf("messages %+v", messages)
	}
}
