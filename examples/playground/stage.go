package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// ownBot is what a bot is called that is not the playground's.
const ownBot = "your bot"

// stage is everything that runs: Telegram, the BB API, and a bot for each
// library between them.
type stage struct {
	api      *bbtest.API
	telegram *bbtest.BotAPI
	players  []*player
	servers  []*httptest.Server
}

// newStage starts Telegram and the API. The bots are there, but do not run yet:
// this is the time to set the hooks of api. aroundAPI changes the API; nil:
// nothing.
func newStage(aroundAPI func(http.Handler) http.Handler) *stage {
	s := &stage{api: bbtest.NewAPI(""), telegram: bbtest.NewBotAPI()} // any key: libraryOf knows whose it is
	var handler http.Handler = s.api
	if aroundAPI != nil {
		handler = aroundAPI(handler)
	}
	api, telegram := httptest.NewServer(handler), httptest.NewServer(s.telegram)
	s.servers = append(s.servers, api, telegram)
	for i, library := range libraries {
		token := fmt.Sprintf("%d:secret", 1001+i)
		bot := s.telegram.Bot(token)
		bot.Username = username(library.name)
		s.players = append(s.players, &player{
			library: library, token: token, telegramURL: telegram.URL, apiURL: api.URL, chats: newChats(library.name, bot),
		})
	}
	return s
}

// treat makes the API treat all requests so from now on.
func (s *stage) treat(answer bbtest.Answer) {
	s.api.Decide(func(bbtest.Request) bbtest.Answer { return answer })
}

func username(library string) string { return "demo_" + library + "_bot" }

// keyOf is the integration key of a library's bot.
func keyOf(library string) string { return "key-of-" + library }

// libraryOf returns whose key a request has.
func libraryOf(r bbtest.Request) string {
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	for _, library := range libraries {
		if key == keyOf(library.name) {
			return library.name
		}
	}
	return ownBot
}

func (s *stage) close() {
	for _, server := range s.servers {
		server.CloseClientConnections() // ends long polls
		server.Close()
	}
}
