package telegramsim

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/loopback"
)

// Server answers the Bot API for its bots. It is an [http.Handler]; Start also
// puts one on a loopback port.
type Server struct {
	port *loopback.Server // nil without Start

	closing context.Context // done: long polls end now
	close   context.CancelFunc

	mu   sync.Mutex // guards bots
	bots map[string]*Bot
}

// New returns a server without bots and without a port.
func New() *Server {
	closing, cancel := context.WithCancel(context.Background())
	return &Server{closing: closing, close: cancel, bots: make(map[string]*Bot)}
}

// Start returns a server that listens on a free loopback port.
func Start() (*Server, error) {
	s := New()
	port, err := loopback.Serve(s)
	if err != nil {
		return nil, err
	}
	s.port = port
	return s, nil
}

// URL is what takes the place of https://api.telegram.org. It needs Start.
func (s *Server) URL() string { return s.port.URL }

// Close answers the hanging long polls with no updates and frees the port.
func (s *Server) Close() {
	s.close()
	if s.port != nil {
		s.port.Close()
	}
}

// AddBot registers a bot. The token is "<id>:<secret>" as from BotFather;
// adding the same token again starts that bot afresh.
func (s *Server) AddBot(token, username string) *Bot {
	number, _, _ := strings.Cut(token, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		panic("telegramsim: a token looks like 123456:secret, got " + strconv.Quote(token))
	}
	bot := newBot(s.closing, User{ID: id, IsBot: true, FirstName: username, Username: username})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bots[token] = bot
	return bot
}

func (s *Server) bot(token string) *Bot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bots[token]
}

// answer is the envelope of every answer of the Bot API.
type answer struct {
	OK          bool   `json:"ok"`
	Result      any    `json:"result,omitempty"`
	ErrorCode   int    `json:"error_code,omitempty"`
	Description string `json:"description,omitempty"`
}

// ServeHTTP serves /bot<token>/<method>.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result, err := s.call(w, r)
	status, reply := http.StatusOK, answer{OK: true, Result: result}
	if err != nil {
		failure := &apiError{http.StatusInternalServerError, "Internal Server Error: " + err.Error()}
		errors.As(err, &failure)
		status, reply = failure.code, answer{ErrorCode: failure.code, Description: failure.description}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(reply)
}

func (s *Server) call(w http.ResponseWriter, r *http.Request) (any, error) {
	path, isBot := strings.CutPrefix(r.URL.Path, "/bot")
	token, name, hasMethod := strings.Cut(path, "/")
	if !isBot || !hasMethod {
		return nil, &apiError{http.StatusNotFound, "Not Found"}
	}
	bot := s.bot(token)
	if bot == nil {
		return nil, &apiError{http.StatusUnauthorized, "Unauthorized"}
	}
	method := methods[strings.ToLower(name)] // Telegram does not mind the case
	if method == nil {
		return nil, &apiError{http.StatusNotFound, "Not Found: method not found"}
	}
	params, err := parseParams(w, r)
	if err != nil {
		return nil, err
	}
	return method(r.Context(), bot, params)
}
