package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ask has the client ask the API, as a bot may at its start.
func (c *checkup) ask(ctx context.Context) finding {
	err := c.client.Check(ctx)
	if err == nil {
		return ok("the API is there and accepts the key; no event was created")
	}
	return finding{problem, words(err), c.answerHint(err)}
}

// answerHint is what the library does not say of an answer.
func (c *checkup) answerHint(err error) string {
	text := words(err)
	hint := certificateHint(err)
	switch {
	case hint != "":
	case strings.HasPrefix(text, "HTTP 429"), strings.HasPrefix(text, "HTTP 5"):
		hint = "The address is right, but the API has trouble of its own. A bot keeps its events and tries again; try this again later."
	case text == "HTTP 400" && c.base.Scheme == "http":
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
