package main

import (
	"fmt"
	"net/http"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/bbapi"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/loopback"
	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

// stage is everything that runs: Telegram, the BB API, and a bot for each
// library between them.
type stage struct {
	telegram *telegramsim.Server
	api      *bbapi.Server
	apiPort  *loopback.Server
	players  []*player
}

// newStage starts Telegram and the API, which shows observe each request. The
// bots are there, but do not run yet. aroundAPI changes the API; nil: nothing.
func newStage(observe func(bbapi.Request), aroundAPI func(http.Handler) http.Handler) (*stage, error) {
	keys := make(map[string]string)
	for _, library := range libraries {
		keys[keyOf(library.name)] = library.name
	}
	s := &stage{api: bbapi.New(keys, observe)}
	var handler http.Handler = s.api
	if aroundAPI != nil {
		handler = aroundAPI(handler)
	}
	var err error
	if s.apiPort, err = loopback.Serve(handler); err != nil {
		return nil, err
	}
	if s.telegram, err = telegramsim.Start(); err != nil {
		s.apiPort.Close()
		return nil, err
	}
	for i, library := range libraries {
		token := fmt.Sprintf("%d:secret", 1001+i)
		s.players = append(s.players, &player{
			library:     library,
			token:       token,
			telegram:    s.telegram.AddBot(token, username(library.name)),
			telegramURL: s.telegram.URL(),
			apiURL:      s.apiPort.URL,
		})
	}
	return s, nil
}

func username(library string) string { return "demo_" + library + "_bot" }

// keyOf is the integration key of a library's bot.
func keyOf(library string) string { return "key-of-" + library }

func (s *stage) close() {
	s.telegram.Close()
	s.apiPort.Close()
}
