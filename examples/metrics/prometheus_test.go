package metrics

import (
	"bufio"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"gopkg.in/yaml.v3"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// scrape returns the lines that Prometheus would get, by name and labels.
func scrape(t *testing.T, client *bb.Client) map[string]string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(Collector{client}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("HTTP %d", resp.StatusCode)
	}
	got := map[string]string{}
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), " "); ok && name != "#" {
			got[name] = value
		}
	}
	return got
}

func TestScrape(t *testing.T) {
	srv := bbtest.NewServer(t)
	srv.Answer(bbtest.Answer{Status: http.StatusUnprocessableEntity, Body: `{"detail":"no"}`})
	client := srv.Client(func(c *bb.Config) {
		c.BeforeSend = func(ev bb.Event) (bb.Event, bool) { return ev, ev.Name != "secret" }
	})
	before := scrape(t, client)
	if n := before[`bb_events_dropped_total{reason="refused"}`]; n != "0" {
		t.Errorf("before the first drop its counter is %q, want 0", n)
	}

	client.Send(bb.Event{Name: "refused_by_the_api"})
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	client.Send(bb.Event{Name: "order_paid"})
	client.Send(bb.Event{Name: "secret"})
	client.For(7, 7).Track(bb.EventActivity, nil)
	client.For(7, 7).Track(bb.EventActivity, nil)
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, client)
	for name, want := range map[string]string{
		`bb_events_total{outcome="received"}`:         "4",
		`bb_events_total{outcome="delivered"}`:        "2",
		`bb_events_total{outcome="throttled"}`:        "1",
		`bb_events_dropped_total{reason="refused"}`:   "1",
		`bb_events_dropped_total{reason="filtered"}`:  "1",
		`bb_events_dropped_total{reason="throttled"}`: "0",
		`bb_events_pending`:                           "0",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
}

// A nil client, of a bot that runs without analytics, has an empty ledger.
func TestScrapeWithoutAnalytics(t *testing.T) {
	if got := scrape(t, nil); got["bb_events_pending"] != "0" {
		t.Errorf("got %v", got)
	}
}

// The alerts name series that the collector has, and leave out what was wished.
func TestAlerts(t *testing.T) {
	text, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	series := scrape(t, nil)
	for _, rule := range rules.Groups[0].Rules {
		for _, word := range strings.FieldsFunc(rule.Expr, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
			if !strings.HasPrefix(word, "bb_") {
				continue
			}
			known := false
			for name := range series {
				known = known || name == word || strings.HasPrefix(name, word+"{")
			}
			if !known {
				t.Errorf("%s: there is no %s", rule.Alert, word)
			}
		}
	}
}
