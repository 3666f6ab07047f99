package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// closedPort is an address where nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestSwitch(t *testing.T) {
	base, key := "http://"+closedPort(t), secret
	for value, want := range map[string]string{
		"true":        "ok",
		" Yes\n":      "warning",
		"ture":        `problem: BB_ANALYTICS_ENABLED is "ture"`,
		"":            `problem: BB_ANALYTICS_ENABLED is ""`,
		`"true"`:      "problem: BB_ANALYTICS_ENABLED has quotes",
		"0123456789a": "problem: BB_ANALYTICS_ENABLED is none of true, 1 and yes",
	} {
		setenv(t, &value, &base, &key)
		if r := examine(t); !strings.HasPrefix(r.steps["enabled"], want) {
			t.Errorf("%q: %q, want %q", value, r.steps["enabled"], want)
		}
	}
}

func TestKey(t *testing.T) {
	enabled, base := "true", "http://"+closedPort(t)
	for value, want := range map[string]string{
		secret:              "ok: BB_INTEGRATION_KEY is set, 22 characters",
		secret + "\n":       "warning: BB_INTEGRATION_KEY has white space",
		"${BB_KEY}":         "problem: BB_INTEGRATION_KEY is the name of a variable",
		"any-key":           "problem: BB_INTEGRATION_KEY is a placeholder",
		secret + " # mine":  "problem: BB_INTEGRATION_KEY holds a comment; remove it",
		"":                  "problem: BB_INTEGRATION_KEY is empty; copy the key",
		`"` + secret + `"`:  "problem: BB_INTEGRATION_KEY holds quotes; remove them",
		"Bearer " + secret:  `problem: BB_INTEGRATION_KEY begins with "Bearer"`,
		"https://bb.center": "problem: BB_INTEGRATION_KEY is an address",
		"two words":         "problem: BB_INTEGRATION_KEY holds a space",
	} {
		setenv(t, &enabled, &base, &value)
		if r := examine(t); !strings.HasPrefix(r.steps["key"], want) {
			t.Errorf("%q: %q, want %q", value, r.steps["key"], want)
		}
	}
}

func TestURL(t *testing.T) {
	resolveNothing(t)
	api := closedPort(t)
	for value, want := range map[string]string{
		"http://" + api + "/":               "ok: events go to http://" + api + "/api/bot/events",
		"/":                                 "ok: events go to https://bb-bot.ru/api/bot/events, which is production",
		" http://" + api:                    "warning: BB_API_BASE_URL has white space",
		"http://" + api + "/api":            "warning: events go to http://" + api + "/api/api/bot/events -> Set BB_API_BASE_URL without /api",
		"http://" + api + "/api/bot/events": "problem: BB_API_BASE_URL must not include /api/bot/events",
		api:                                 "problem: BB_API_BASE_URL lacks its beginning: put https:// or http:// before it",
		"localhost:8001":                    "problem: BB_API_BASE_URL lacks its beginning",
		"'http://" + api + "'":              "problem: BB_API_BASE_URL holds quotes",
		"http://" + api + " # staging":      "problem: BB_API_BASE_URL holds a comment",
		"http://user:" + secret + "@" + api: "problem: BB_API_BASE_URL must not hold a user name",
	} {
		point(t, value)
		r := examine(t)
		if !strings.HasPrefix(r.steps["URL"], want) {
			t.Errorf("%q: %q, want %q", value, r.steps["URL"], want)
		}
		r.wantCode(t, 1)
		if strings.HasPrefix(want, "problem") {
			r.want(t, "TCP", "not checked", `"URL"`)
		}
	}
}

func TestPlainHTTPToAPublicHost(t *testing.T) {
	resolveNothing(t)
	point(t, "http://bb-bot.ru")
	r := examine(t)
	r.want(t, "URL", "warning", "production", "unencrypted", "use https://")
	r.want(t, "DNS", "problem", "The address is right")
}

// What else is there tells why a variable is not set.
func TestUnsetVariables(t *testing.T) {
	resolveNothing(t)
	t.Chdir(t.TempDir())
	if err := os.WriteFile(".env", []byte("BB_ANALYTICS_ENABLED=true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BB_API_KEY", secret)
	setenv(t, nil, nil, nil)
	r := examine(t)
	r.wantCode(t, 1)
	r.want(t, "enabled", "problem", "not set", ".env", "BB_API_KEY")
	r.want(t, "key", "problem", "is empty", ".env", "BB_API_KEY")
	r.want(t, "URL", "ok", bb.DefaultBaseURL, "production", "not set")
	r.want(t, "path, key", "not checked")
}

// A bot that is switched off may have other problems too.
func TestLooksBeyondTheSwitch(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	enabled, key := "false", secret
	setenv(t, &enabled, &srv.URL, &key)
	r := examine(t)
	r.want(t, "enabled", "problem")
	r.want(t, "path, key", "problem", "HTTP 404")
}

// examine fails when the key shows; here are the ways in which it might.
func TestKeyNeverShows(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "https://"+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+"/")
		w.WriteHeader(http.StatusFound)
	}))
	defer srv.Close()
	enabled, key, quotedKey := "true", secret, "'"+secret+"'"

	setenv(t, &key, &srv.URL, &key) // in the wrong variable
	examine(t)
	setenv(t, &enabled, &key, &srv.URL) // swapped
	examine(t)
	setenv(t, &enabled, &srv.URL, &quotedKey)
	examine(t)
	setenv(t, &enabled, &srv.URL, &key) // quoted by the server
	examine(t).want(t, "path, key", "problem", "https://[redacted]")
}
