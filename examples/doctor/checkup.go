package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// checkup is what the steps look at. It does not change.
type checkup struct {
	timeout time.Duration
	dir     string // of an outbox; "": none
	redis   string // URL; "": none
	enabled bool
	key     string
	wrong   error      // what bb.New says of the variables
	client  *bb.Client // nil if wrong
	again   *bb.Client // another one of the same bot
	notes   *notes     // of both

	base     *url.URL // nil if wrong
	proxy    *url.URL // on the way to base; nil: none
	proxyErr error    // net/http makes no request then
}

// newCheckup reads the environment. It does not touch the network.
func newCheckup(timeout time.Duration, dir, redis string) *checkup {
	cfg := bb.ConfigFromEnv()
	c := &checkup{timeout: timeout, dir: folder(dir), redis: redis, enabled: cfg.Enabled, key: string(cfg.IntegrationKey), notes: &notes{}}
	cfg.Enabled = true // a bot that is switched off may have other problems too
	cfg.Timeout = timeout
	cfg.Logger = slog.New(c.notes)
	c.client, c.wrong = bb.New(cfg)
	c.again, _ = bb.New(cfg)

	if reason(c.wrong, bb.EnvBaseURL) != "" {
		return c
	}
	base := cmp.Or(strings.TrimRight(cfg.BaseURL, "/"), bb.DefaultBaseURL)
	c.base, _ = url.Parse(base) // bb.New did the same
	c.proxy, c.proxyErr = http.ProxyFromEnvironment(&http.Request{URL: c.base})
	return c
}

// reason is what bb.New says of one variable; "": nothing.
func reason(err error, variable string) string {
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range all.Unwrap() {
			if text := reason(one, variable); text != "" {
				return text
			}
		}
		return ""
	}
	var wrong *bb.ConfigError
	if errors.As(err, &wrong) && wrong.Variable == variable {
		return wrong.Reason
	}
	return ""
}

// step is one thing to look at.
type step struct {
	name  string
	needs []string // steps without which there is nothing to look at
	look  func(*checkup, context.Context) finding
}

var steps = []step{
	{"enabled", nil, (*checkup).lookAtSwitch},
	{"key", nil, (*checkup).lookAtKey},
	{"URL", nil, (*checkup).lookAtURL},
	{"proxy", []string{"URL"}, (*checkup).lookAtProxy},
	{"DNS", []string{"URL", "proxy"}, (*checkup).lookUp},
	{"TCP", []string{"DNS"}, (*checkup).connect},
	{"TLS", []string{"TCP"}, (*checkup).shakeHands},
	{"path, key", []string{"key", "TLS"}, (*checkup).ask},
	{"latency", []string{"path, key"}, (*checkup).measure},
}

// outboxSteps are for where events wait, as far as that is not memory.
func (c *checkup) outboxSteps() (todo []step) {
	if c.dir != "" {
		todo = append(todo, step{"folder", nil, (*checkup).lookAtFolder})
	}
	if c.redis != "" {
		todo = append(todo, step{"Redis", nil, (*checkup).lookAtRedis})
	}
	return todo
}

var sendStep = step{"send", []string{"path, key"}, (*checkup).send}

// walk takes one step after another. Where a step has a problem, those that
// need it are not taken. It returns why it ended early, if it did.
func walk(ctx context.Context, c *checkup, todo []step, r *report) (early error) {
	lacking := make(map[string]string) // by step: the one with the problem
	for _, s := range todo {
		for _, need := range s.needs {
			if lacking[s.name] == "" {
				lacking[s.name] = lacking[need]
			}
		}
		switch first := lacking[s.name]; {
		case first != "":
			r.add(s.name, finding{status: notChecked, text: fmt.Sprintf("first fix %q", first)})
			continue
		case ctx.Err() != nil:
			early = ctx.Err()
			r.add(s.name, unfinished(early))
			continue
		}
		f := s.look(c, ctx)
		if f.status != fine && errors.Is(ctx.Err(), context.Canceled) {
			early = ctx.Err()
			f = unfinished(early) // the API is not to blame
		}
		if f.status == problem {
			lacking[s.name] = s.name
		}
		r.add(s.name, f)
	}
	return early
}

func unfinished(why error) finding {
	if errors.Is(why, context.Canceled) {
		return finding{status: notChecked, text: "stopped"}
	}
	return finding{status: notChecked, text: "the time is over"}
}
