package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

// each makes something happen to every bot.
func each(happens func(context.Context, *player) error) func(context.Context, *playground) error {
	return func(ctx context.Context, p *playground) error {
		for _, player := range p.players {
			if err := happens(ctx, player); err != nil {
				return fmt.Errorf("%s: %w", player.name, err)
			}
		}
		return nil
	}
}

func inOrder(happenings ...func(context.Context, *playground) error) func(context.Context, *playground) error {
	return func(ctx context.Context, p *playground) error {
		for _, happens := range happenings {
			if err := happens(ctx, p); err != nil {
				return err
			}
		}
		return nil
	}
}

func writes(user telegramsim.User, chat telegramsim.Chat, text string) func(context.Context, *player) error {
	return func(_ context.Context, p *player) error {
		p.telegram.SendText(user, chat, text)
		return nil
	}
}

// callsBot is a /start in a group, where Telegram's apps add the bot's name.
func callsBot(user telegramsim.User, group telegramsim.Chat) func(context.Context, *player) error {
	return func(ctx context.Context, p *player) error {
		return writes(user, group, "/start@"+p.telegram.User().Username)(ctx, p)
	}
}

// presses is a press on a button of the message that the bot sent to the chat.
func presses(user telegramsim.User, chat telegramsim.Chat, text string) func(context.Context, *player) error {
	return func(ctx context.Context, p *player) error {
		sent, err := p.telegram.Await(ctx, telegramsim.SentTo(chat.ID))
		if err != nil {
			return err
		}
		button, ok := sent.Message.Button(text)
		if !ok {
			return fmt.Errorf("the bot sent no button %q", text)
		}
		p.lastPress, err = p.telegram.Press(user, *sent.Message, button.Data)
		return err
	}
}

// answers waits until the bot has written to the chat.
func answers(chat telegramsim.Chat) func(context.Context, *player) error {
	return func(ctx context.Context, p *player) error {
		_, err := p.telegram.Await(ctx, telegramsim.SentTo(chat.ID))
		return err
	}
}

func edits(user telegramsim.User) func(context.Context, *player) error {
	return sends("edited_message", map[string]any{
		"message_id": 1, "date": 1, "edit_date": 2, "text": "oops", "from": user, "chat": user.Chat(),
	})
}

func answersPoll(user telegramsim.User) func(context.Context, *player) error {
	return sends("poll_answer", map[string]any{"poll_id": "1", "user": user, "option_ids": []int{0}})
}

// sends delivers an update of any kind.
func sends(kind string, content map[string]any) func(context.Context, *player) error {
	return func(_ context.Context, p *player) error {
		update, err := json.Marshal(map[string]any{kind: content})
		if err != nil {
			return err
		}
		_, err = p.telegram.Raw(update)
		return err
	}
}

// restarts is a bot that died before it told Telegram that it had seen the last
// press, and a new process in its place that remembers nothing.
func restarts(_ context.Context, p *player) error {
	if err := p.stop(); err != nil {
		return err
	}
	p.telegram.Redeliver(p.lastPress)
	return p.start()
}

func apiFails(_ context.Context, p *playground) error {
	p.api.SetTrouble(bbapi.Trouble{Status: http.StatusServiceUnavailable})
	return nil
}

func apiRecovers(_ context.Context, p *playground) error {
	p.api.SetTrouble(bbapi.Trouble{})
	return nil
}

// untilRefused waits until every client has met the outage, and tried again.
func untilRefused(ctx context.Context, p *playground) error {
	return p.ledger.await(ctx, func() bool {
		for _, player := range p.players {
			if p.ledger.refused[player.name] < 2 {
				return false
			}
		}
		return true
	})
}
