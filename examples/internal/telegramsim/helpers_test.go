package telegramsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/examples/internal/telegramsim"
)

const token = "1001:secret"

var (
	ann   = telegramsim.User{ID: 7, FirstName: "Ann"}
	group = telegramsim.Group(-100, "Fans")
)

// patience is the deadline of everything that is awaited; no test waits it out.
const patience = 10 * time.Second

func start(t *testing.T) (*telegramsim.Server, *telegramsim.Bot) {
	t.Helper()
	sim, err := telegramsim.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim, sim.AddBot(token, "demo_bot")
}

// reply is an answer of the Bot API.
type reply struct {
	Status      int `json:"-"`
	OK          bool
	Result      json.RawMessage
	ErrorCode   int `json:"error_code"`
	Description string
}

// updates returns the ids in the answer to a getUpdates, counted from 1.
func (r reply) updates(t *testing.T) []int64 {
	t.Helper()
	var updates []struct {
		ID int64 `json:"update_id"`
	}
	if err := json.Unmarshal(r.Result, &updates); err != nil {
		t.Fatalf("getUpdates answered %+v: %v", r, err)
	}
	ids := []int64{}
	for _, u := range updates {
		ids = append(ids, u.ID-100_000_000)
	}
	return ids
}

func call(t *testing.T, sim *telegramsim.Server, path string, params map[string]string) reply {
	t.Helper()
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	r, err := send(t.Context(), sim.URL()+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func send(ctx context.Context, url, contentType string, body io.Reader) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	r := reply{Status: response.StatusCode}
	return r, json.NewDecoder(response.Body).Decode(&r)
}

func getUpdates(t *testing.T, sim *telegramsim.Server, offset, limit, timeout int64) reply {
	t.Helper()
	return call(t, sim, "/bot"+token+"/getUpdates", map[string]string{
		"offset": fmt.Sprint(offset), "limit": fmt.Sprint(limit), "timeout": fmt.Sprint(timeout),
	})
}

// id is the update_id of the nth update of a bot.
func id(n int64) int64 { return 100_000_000 + n }

func equal(t *testing.T, what string, got []int64, want ...int64) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: updates %v, want %v", what, got, want)
	}
}
