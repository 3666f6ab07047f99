package bbtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// poller is a bot that polls with plain requests.
type poller struct {
	t   *testing.T
	api *bbtest.BotAPI
	*bbtest.Bot
}

func newPoller(t *testing.T) poller {
	api := bbtest.NewBotAPI()
	return poller{t, api, api.Bot("1:x")}
}

func (p poller) push(ids ...int) {
	p.t.Helper()
	for _, id := range ids {
		if err := p.Push(fmt.Appendf(nil, `{"update_id":%d}`, id)); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p poller) get(query string) reply {
	p.t.Helper()
	return call(p.t, p.api, "/bot1:x/getUpdates?"+query, "", "")
}

func (p poller) ids(r reply) []int {
	p.t.Helper()
	var updates []struct {
		ID int `json:"update_id"`
	}
	if err := json.Unmarshal(r.Result, &updates); err != nil {
		p.t.Errorf("getUpdates answered %+v: %v", r, err)
	}
	ids := []int{}
	for _, u := range updates {
		ids = append(ids, u.ID)
	}
	return ids
}

func (p poller) want(what, query string, want ...int) {
	p.t.Helper()
	if got := p.ids(p.get(query)); !slices.Equal(got, want) {
		p.t.Errorf("%s: updates %v, want %v", what, got, want)
	}
}

func TestOffsetsConfirmUpdates(t *testing.T) {
	p := newPoller(t)
	p.push(1, 2, 3, 4, 5)
	p.want("no offset", "", 1, 2, 3, 4, 5)
	p.want("nothing was confirmed", "", 1, 2, 3, 4, 5)
	p.want("limit", "limit=2", 1, 2)
	p.want("offset", "offset=3", 3, 4, 5)
	p.want("confirmed is gone", "", 3, 4, 5)
	p.want("negative offset", "offset=-1", 5)
	p.want("a negative offset forgets the rest", "", 5)
	p.want("all confirmed", "offset=6")
}

func TestBatchesHoldAHundred(t *testing.T) {
	p := newPoller(t)
	for id := range 130 {
		p.push(id)
	}
	if n := len(p.ids(p.get("limit=1000"))); n != 100 {
		t.Errorf("first batch holds %d updates, want 100", n)
	}
	if n := len(p.ids(p.get("offset=100"))); n != 30 {
		t.Errorf("second batch holds %d updates, want 30", n)
	}
}

func TestPushedAgainIsDeliveredOnceMore(t *testing.T) {
	p := newPoller(t)
	p.push(2, 1) // Telegram goes by their ids
	p.want("both", "", 1, 2)
	p.want("both confirmed", "offset=3")
	p.push(1)
	p.want("comes again, whatever the offset", "offset=3", 1)
	p.want("once only", "offset=3")
}

func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPoller(t)
		answers := make(chan reply, 2)
		poll := func() {
			go func() { answers <- p.get("timeout=50") }()
			synctest.Wait()
		}
		began := time.Now()
		poll()
		if ids := p.ids(<-answers); len(ids) != 0 || time.Since(began) != 50*time.Second {
			t.Errorf("without an update: %v after %v", ids, time.Since(began))
		}
		poll()
		poll()
		ended := <-answers
		if ended.Status != http.StatusConflict || !strings.HasPrefix(ended.Description, "Conflict: terminated by other getUpdates request") {
			t.Errorf("the first of two polls got %+v", ended)
		}
		began = time.Now()
		p.push(1)
		if ids := p.ids(<-answers); !slices.Equal(ids, []int{1}) || time.Since(began) != 0 {
			t.Errorf("with an update: %v after %v", ids, time.Since(began))
		}
		p.want("it is confirmed", "offset=2")
		poll()
		began = time.Now()
		p.Fail("getUpdates", 502, "Bad Gateway")
		if r := <-answers; r.Status != 502 || time.Since(began) != 0 {
			t.Errorf("failing: %+v after %v", r, time.Since(began))
		}
	})
}
