package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// ask has the client ask the API, as a bot may at its start.
func (c *checkup) ask(ctx context.Context) finding {
	if err := c.client.Check(ctx); err != nil {
		return finding{problem, words(err), c.answerHint(err)}
	}
	if status := c.statusOfNothing(ctx); status >= 200 && status < 300 {
		return finding{warning, fmt.Sprintf("the address answers HTTP %d to an event without a name, which the API of BB refuses", status),
			"Is this the API of BB? A stand-in or another service may take events and count none: check " + bb.EnvBaseURL + "."}
	}
	return ok("the API is there and accepts the key; no event was created")
}

// statusOfNothing posts an empty object once more, as Check does, and returns the
// status of the answer: Check tells only whether the API takes the key. 0: none.
func (c *checkup) statusOfNothing(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.String()+"/api/bot/events", strings.NewReader("{}"))
	if err != nil {
		return 0
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	r.Header.Set("Content-Type", "application/json")
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := stay.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// answerHint is what the library does not say of an answer.
func (c *checkup) answerHint(err error) string {
	var failed bb.DeliveryError
	if said := new(bb.DeliveryError); errors.As(err, &said) {
		failed = *said
	}
	hint := certificateHint(err)
	switch {
	case hint != "":
	case failed.Status == http.StatusTooManyRequests:
		hint = "The API asks for fewer requests. A bot waits as long as it asks for, keeps its events and tries again; run this again in a minute."
	case failed.Status >= 500:
		hint = "The address is right, but the API has trouble of its own. A bot keeps its events and tries again; try this again later."
	case failed.Status == http.StatusBadRequest && c.base.Scheme == "http":
		hint = "Does the port want https:// instead of http://?"
	case isTimeout(err):
		hint = fmt.Sprintf("It takes connections, but did not answer within %v: it is overloaded, or not the API.", c.timeout)
	}
	if c.proxy != nil {
		hint = strings.TrimSpace(hint + " The answer may be that of the proxy, " + proxyAddress(c.proxy) + ".")
	}
	return hint
}

const (
	measurements = 3
	// slowShare of the timeout is where a request is called slow: a bad hour
	// then takes it beyond the timeout.
	slowShare = 4
)

func (c *checkup) measure(ctx context.Context) finding {
	var took []time.Duration
	for range measurements {
		begun := time.Now()
		if err := c.client.Check(ctx); err != nil {
			return finding{warning, fmt.Sprintf("it worked a moment ago, and now: %s", words(err)),
				"The API comes and goes. A bot keeps its events and tries again; run this again to see how often."}
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	best, median := took[0], took[len(took)/2]
	text := fmt.Sprintf("best %s, median %s of %d requests", milliseconds(best), milliseconds(median), measurements)
	if median > c.timeout/slowShare {
		return finding{warning, text, fmt.Sprintf("That is slow: a request is given up after %v, and tried again. Handlers never wait for it; if it gets worse, set bb.Config.Timeout higher.", c.timeout)}
	}
	return ok("%s", text)
}
