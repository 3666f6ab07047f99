package bbgotelegram_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbgotelegram "github.com/silverbranch/bb-telegram-analytics-go/gotelegram"
)

// telegram answers getMe without a socket.
type telegram struct {
	calls  atomic.Int64
	answer func(*http.Request) (string, error)
}

func (tg *telegram) Do(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/getMe") {
		return nil, errors.New("not asked for")
	}
	tg.calls.Add(1)
	body, err := tg.answer(r)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: make(http.Header), Body: io.NopCloser(strings.NewReader(body))}, nil
}

func me(*http.Request) (string, error) {
	return `{"ok":true,"result":{"id":42,"is_bot":true,"first_name":"Test","username":"test_bot"}}`, nil
}

// nameTest is a bot that does not know its name, in a synctest bubble.
type nameTest struct {
	*telegram
	rec  *bbtest.Recorder
	bot  *bot.Bot
	last int64
}

func newNameTest(t *testing.T, client *bb.Client, rec *bbtest.Recorder, answer func(*http.Request) (string, error), opts ...bbgotelegram.Option) *nameTest {
	t.Helper()
	tg := &telegram{answer: answer}
	b := newBot(t, bot.WithHTTPClient(time.Minute, tg),
		bot.WithMiddlewares(bbgotelegram.Middleware(client, opts...)),
		bot.WithDefaultHandler(bbgotelegram.Wrap(client, ignore, opts...)))
	return &nameTest{telegram: tg, rec: rec, bot: b}
}

// say has another user send a text and returns once nothing goes on any more.
func (nt *nameTest) say(ctx context.Context, text string) {
	nt.last++
	nt.bot.ProcessUpdate(ctx, &models.Update{ID: nt.last, Message: &models.Message{
		From: &models.User{ID: nt.last}, Chat: models.Chat{ID: -5, Type: models.ChatTypeGroup}, Text: text,
	}})
	synctest.Wait()
}

func (nt *nameTest) want(t *testing.T, starts, calls int) {
	t.Helper()
	nt.rec.Want(bb.EventUserStarted, starts)
	if n := nt.calls.Load(); n != int64(calls) {
		t.Errorf("getMe was called %d times, want %d", n, calls)
	}
}

func TestUsernameIsAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		nt := newNameTest(t, rec.Client(), rec, me)
		nt.say(t.Context(), "/start@other_bot") // the first update of all
		nt.want(t, 0, 1)
		for _, text := range []string{"/start", "hello", "mail me@example.org", "/help me@example.org", "@test_bot /start", "/"} {
			nt.say(t.Context(), text)
		}
		nt.want(t, 1, 1)
		nt.say(t.Context(), "/start@other_bot")
		nt.want(t, 1, 1)
		nt.say(t.Context(), "/start@Test_Bot")
		nt.want(t, 2, 1)
	})
}

// Until the answer comes, a command for somebody waits, and nothing else does.
func TestCommandsWaitForTheName(t *testing.T) {
	slow := func(r *http.Request) (string, error) {
		time.Sleep(3 * time.Second)
		return me(r)
	}
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		nt := newNameTest(t, rec.Client(), rec, slow)
		for _, text := range []string{"/start@other_bot", "/start@test_bot", "/start"} {
			nt.say(t.Context(), text)
		}
		nt.want(t, 1, 1)
		rec.Want(bb.EventActivity, 3)
		if s := rec.Client().Stats(); s.Pending != 0 || s.Received != 4 || s.Delivered != 4 {
			t.Errorf("while they wait the ledger is %+v, want what is known to be an event", s)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		nt.want(t, 2, 1)
		rec.Want(bb.EventActivity, 3)
		if ev := rec.Events(bb.EventUserStarted)[1]; ev.UserID != 2 {
			t.Errorf("user %d started the bot, want 2", ev.UserID)
		}
		if s := rec.Client().Stats(); s.Pending != 0 || s.Received != s.Delivered {
			t.Errorf("in the end the ledger is %+v", s)
		}
	})
}

// Flush and Shutdown do not wait for the name. What waits for it counts after Flush,
// and is too late after Shutdown.
func TestFlushDoesNotWaitForTheName(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*bb.Client, context.Context) error
		starts int
	}{
		"Flush": {(*bb.Client).Flush, 1}, "Shutdown": {(*bb.Client).Shutdown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := bbtest.NewRecorder(t)
				nt := newNameTest(t, rec.Client(), rec, func(r *http.Request) (string, error) {
					time.Sleep(time.Second)
					return me(r)
				})
				nt.say(t.Context(), "/start@test_bot")
				if err := c.end(rec.Client(), t.Context()); err != nil {
					t.Error(err)
				}
				if s := rec.Client().Stats(); s.Pending != 0 || s.Received != 1 {
					t.Errorf("the ledger is %+v", s)
				}
				time.Sleep(time.Minute)
				nt.want(t, c.starts, 1)
				if s := rec.Client().Stats(); s.Received != 2 || s.Dropped != uint64(1-c.starts) {
					t.Errorf("in the end the ledger is %+v", s)
				}
			})
		})
	}
}

func TestUsernameGiven(t *testing.T) {
	for _, name := range []string{"test_bot", "@test_bot"} {
		synctest.Test(t, func(t *testing.T) {
			rec := bbtest.NewRecorder(t)
			nt := newNameTest(t, rec.Client(), rec, me, bbgotelegram.WithUsername(name))
			nt.say(t.Context(), "/start@other_bot")
			nt.say(t.Context(), "/start@test_bot")
			nt.want(t, 1, 0)
		})
	}
}

// As long as the answer is an error it is asked for once a minute, and a command
// waits for ten seconds.
func TestUsernameRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		rec := bbtest.NewRecorder(t, func(cfg *bb.Config) { cfg.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		broken := true
		nt := newNameTest(t, rec.Client(), rec, func(r *http.Request) (string, error) {
			if broken {
				return `{"ok":false,"error_code":401}`, nil
			}
			return me(r)
		})
		for range 3 {
			nt.say(t.Context(), "/start@test_bot")
		}
		nt.want(t, 0, 1)
		time.Sleep(time.Minute - time.Nanosecond)
		synctest.Wait()
		if n := strings.Count(log.String(), "commands for @somebody are not counted"); n != 1 {
			t.Errorf("the log says %d times that the name is missing:\n%s", n, log.String())
		}
		nt.say(t.Context(), "/start@test_bot")
		nt.want(t, 0, 1)
		broken = false
		time.Sleep(time.Nanosecond)
		nt.say(t.Context(), "/start@other_bot")
		nt.want(t, 1, 2) // the one before it has waited
		time.Sleep(time.Hour)
		nt.say(t.Context(), "/start@other_bot")
		nt.want(t, 1, 2)
	})
}

// The question neither holds up the handler, nor ends with its context, nor
// hangs for ever.
func TestUsernameHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		var gaveUp atomic.Int64
		began := time.Now()
		nt := newNameTest(t, rec.Client(), rec, func(r *http.Request) (string, error) {
			<-r.Context().Done()
			gaveUp.Store(int64(time.Since(began)))
			return "", r.Context().Err()
		})
		ctx, cancel := context.WithCancel(t.Context())
		nt.say(ctx, "/start@other_bot")
		cancel()
		synctest.Wait()
		if took := time.Since(began); took != 0 || gaveUp.Load() != 0 {
			t.Errorf("the handler took %v, the question ended after %v", took, time.Duration(gaveUp.Load()))
		}
		time.Sleep(time.Minute)
		if took := time.Duration(gaveUp.Load()); took != 10*time.Second {
			t.Errorf("gave up after %v, want 10s", took)
		}
	})
}

// The bot's HTTP client is the user's and may do anything.
func TestUsernamePanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := bbtest.NewRecorder(t)
		nt := newNameTest(t, rec.Client(), rec, func(*http.Request) (string, error) { panic("broken client") })
		nt.say(t.Context(), "/start@other_bot")
		nt.want(t, 0, 1)
	})
}

func TestUsernameWithoutAnalytics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disabled, err := bb.New(bb.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, client := range []*bb.Client{nil, disabled} {
			nt := newNameTest(t, client, bbtest.NewRecorder(t), me)
			nt.say(t.Context(), "/start@other_bot")
			nt.want(t, 0, 0)
		}
	})
}
