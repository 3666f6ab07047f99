package page

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of what a page may ask for.
const (
	maxCommand = 32 << 10
	maxText    = 4096 // as Telegram has it
	maxDelay   = 10 * time.Second
)

// Actions is what the buttons of the page do. An error is shown on the page.
type Actions interface {
	Say(library string, user, chat int64, text string) error
	Press(library string, user, chat int64, message int, data string) error
	// Act makes a person do what is no message: one of Acts.
	Act(library string, user int64, act string) error
	Trouble(api API) error
	Redeliver(library string) error
	// Restart kills the bot and starts it again. Unconfirmed: it dies before it
	// has confirmed the last update to Telegram, which then comes again.
	Restart(library string, unconfirmed bool) error
	Flush(ctx context.Context, library string) error
}

// Acts are what a person can do beside writing and pressing.
var Acts = []string{"pay", "refund", "block"}

// command is what a page sends; each action reads its own fields.
type command struct {
	Library     string `json:"library"`
	User        int64  `json:"user"`
	Chat        int64  `json:"chat"`
	Text        string `json:"text"`
	Message     int    `json:"message"`
	Data        string `json:"data"`
	Act         string `json:"act"`
	Mode        string `json:"mode"`
	Delay       int64  `json:"delay"`
	Unconfirmed bool   `json:"unconfirmed"`
}

func handleCommands(mux *http.ServeMux, actions Actions) {
	commands := map[string]func(context.Context, command) error{
		"say": func(_ context.Context, c command) error {
			return actions.Say(c.Library, c.User, c.Chat, c.Text)
		},
		"press": func(_ context.Context, c command) error {
			return actions.Press(c.Library, c.User, c.Chat, c.Message, c.Data)
		},
		"act": func(_ context.Context, c command) error { return actions.Act(c.Library, c.User, c.Act) },
		"trouble": func(_ context.Context, c command) error {
			return actions.Trouble(API{Mode: c.Mode, Delay: c.Delay})
		},
		"redeliver": func(_ context.Context, c command) error { return actions.Redeliver(c.Library) },
		"restart": func(_ context.Context, c command) error {
			return actions.Restart(c.Library, c.Unconfirmed)
		},
		"flush": func(ctx context.Context, c command) error { return actions.Flush(ctx, c.Library) },
	}
	for name, run := range commands {
		mux.HandleFunc("POST /do/"+name, func(w http.ResponseWriter, r *http.Request) {
			c, status, err := parse(w, r, name)
			if err == nil {
				status, err = http.StatusConflict, run(r.Context(), c)
			}
			if err != nil {
				http.Error(w, err.Error(), status)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
}

// parse reads a command. JSON is asked for because other sites' forms cannot
// send it.
func parse(w http.ResponseWriter, r *http.Request, name string) (c command, status int, err error) {
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if contentType != "application/json" {
		return c, http.StatusUnsupportedMediaType, fmt.Errorf("a command is JSON: set Content-Type to application/json")
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCommand)).Decode(&c); err != nil {
		return c, http.StatusBadRequest, fmt.Errorf("the command cannot be read: %w", err)
	}
	return c, http.StatusBadRequest, c.validate(name)
}

func (c command) validate(name string) error {
	switch length := utf8.RuneCountInString(c.Text); {
	case name == "say" && strings.TrimSpace(c.Text) == "":
		return fmt.Errorf("the message is empty: write something")
	case length > maxText:
		return fmt.Errorf("the message has %d characters: Telegram takes %d at most", length, maxText)
	case name == "act" && !slices.Contains(Acts, c.Act):
		return fmt.Errorf("nobody can %q: use one of %s", c.Act, strings.Join(Acts, ", "))
	case name == "trouble" && !slices.Contains(Modes, c.Mode):
		return fmt.Errorf("the API has no mode %q: use one of %s", c.Mode, strings.Join(Modes, ", "))
	case c.Delay < 0 || c.Delay > maxDelay.Milliseconds():
		return fmt.Errorf("a delay of %d ms is not possible: use 0 to %d", c.Delay, maxDelay.Milliseconds())
	}
	return nil
}
