package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// library is a bot library with its adapter. Run runs a small bot until ctx
// ends: the bots are the same, but for the library.
type library struct {
	name string
	run  func(ctx context.Context, telegramURL, token string, client *bb.Client) error
}

var libraries = []library{
	{"telebot", runTelebot},
	{"tgbotapi", runTgbotapi},
	{"gotelegram", runGotelegram},
}

// pollTimeout bounds what telebot's Stop waits if it comes between two polls.
const pollTimeout = time.Second

var teams = map[string]string{"bra": "Brazil", "arg": "Argentina", "fra": "France"}

// campaign begins the parameters of links that are sent.
const campaign = "vk_"

const help = "Send /start and choose a team."

// player is the bot of one library, with its side of Telegram.
type player struct {
	library
	token               string
	telegramURL, apiURL string
	chats               *chats

	configure func(*bb.Config) error // changes what each new client is made of; nil: nothing

	client *bb.Client // nil while stopped
	cancel context.CancelFunc
	ended  chan error // result of run
}

// start starts the bot as a new process would, with a client of its own.
func (p *player) start() error {
	cfg := bb.Config{
		Enabled:        true,
		BaseURL:        p.apiURL,
		IntegrationKey: bb.Secret(keyOf(p.name)),
		Capture:        bb.Capture{StartParams: []string{campaign}, Payments: true, Blocks: true},
		Logger:         slog.New(slog.DiscardHandler), // the ledger shows it all
	}
	if p.configure != nil {
		if err := p.configure(&cfg); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	client, err := bb.New(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.client, p.cancel, p.ended = client, cancel, make(chan error, 1)
	go func() { p.ended <- p.run(ctx, p.telegramURL, p.token, client) }()
	return nil
}

// stop stops the bot, and delivers what its client holds.
func (p *player) stop() error { return p.end((*bb.Client).Close) }

// kill ends the bot and delivers nothing more: what its client holds is left to
// its outbox.
func (p *player) kill() error {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	return p.end(func(client *bb.Client) error { return client.Shutdown(ended) })
}

func (p *player) end(shutDown func(*bb.Client) error) error {
	if p.client == nil {
		return nil
	}
	p.cancel()
	runErr := <-p.ended
	closeErr := shutDown(p.client)
	p.client = nil
	switch {
	case runErr != nil:
		return fmt.Errorf("%s: %w", p.name, runErr)
	case closeErr != nil:
		return fmt.Errorf("%s: %w", p.name, closeErr)
	}
	return nil
}
