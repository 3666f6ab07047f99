package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Class is what an answer means for the event and for the destination.
type Class int

// The four meanings.
const (
	Transient Class = iota // try again; the destination may be down
	Delivered              // the API has the event
	Refused                // the API will never take this event
	Setup                  // no event will be taken until a setting is changed
)

// answer is what came back from one request.
type answer struct {
	status int
	header http.Header
	body   []byte // at most maxAnswer
	err    error  // the request failed; status may be set all the same
	plain  bool   // asked without TLS
	date   time.Time
}

// Verdict is an answer, judged.
type Verdict struct {
	Class      Class
	RetryAfter time.Duration // the API asked for this pause
	Limited    bool          // it was 429: too many requests
	Overload   bool          // fewer requests at a time would help
	Problem    *Problem      // nil if delivered

	At     time.Time // when the answer was there
	Status int       // 0: there was none
	Body   []byte    // as it came, at most 16 KiB
}

// Failed reports whether there was no answer, or no whole one.
func (v Verdict) Failed() bool { return v.Problem != nil && v.Problem.Err != nil }

// classify is the one place that says what an answer means. An event is refused
// by the API's own word alone, which is JSON: whatever else answers 400, 413 or
// 422 stands between the bot and the API, or is not the API. Every network error
// is transient.
func classify(a answer) Verdict {
	if a.err != nil {
		v := Verdict{Overload: isTimeout(a.err), Problem: &Problem{Status: a.status, Err: a.err}}
		v.Problem.Cause, v.Problem.Remedy = describe(a)
		return v
	}
	success := a.status >= 200 && a.status < 300 || a.status == http.StatusConflict // the key is known: it arrived before
	if success && !isPage(a) {
		return Verdict{Class: Delivered}
	}
	v := Verdict{Problem: &Problem{Status: a.status, Cause: fmt.Sprintf("HTTP %d", a.status)}}
	switch a.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		v.Overload, v.Limited = true, a.status == http.StatusTooManyRequests
		fallthrough
	case http.StatusRequestTimeout, http.StatusTooEarly:
		v.RetryAfter = retryAfter(a.header.Get("Retry-After"), a.date)
		return v
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		if isJSON(a.body) {
			v.Class = Refused
			if detail := refusalDetail(a.body); detail != "" {
				v.Problem.Cause += ": " + detail
			}
			return v
		}
	}
	if a.status >= 500 || a.status < 200 {
		v.RetryAfter = retryAfter(a.header.Get("Retry-After"), a.date)
		return v
	}
	v.Class, v.Problem.Permanent, v.Problem.Remedy = Setup, true, setupRemedy(a)
	return v
}

// setupRemedy says what to change where something other than the API seems to
// answer, or the API not to know the bot.
func setupRemedy(a answer) string {
	page := isPage(a)
	switch {
	case a.status >= 300 && a.status < 400:
		if host := redirectHost(a.header); host != "" {
			return remedyRedirect + ", which seems to be on " + host
		}
		return remedyRedirect
	case a.plain && (a.status == http.StatusUpgradeRequired || bytes.Contains(a.body, []byte("HTTPS"))):
		return remedyHTTPS
	case a.status == http.StatusForbidden && page:
		return remedyFirewall
	case a.status == http.StatusForbidden, a.status == http.StatusUnauthorized && !page:
		return remedyKey
	case a.status == http.StatusProxyAuthRequired:
		return remedyProxy
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		return remedyAddress
	case a.status == http.StatusRequestEntityTooLarge:
		return remedyTooLarge
	case page:
		return remedyPage
	}
	return remedyBetween
}

// isPage reports whether an answer was made for a browser, whatever the type
// that it claims and whatever comes before the first tag.
func isPage(a answer) bool {
	html := strings.HasPrefix(strings.ToLower(a.header.Get("Content-Type")), "text/html")
	if !html && bytes.IndexByte(a.body, '<') < 0 || isJSON(a.body) {
		return false
	}
	text := bytes.ToLower(a.body)
	return html || bytes.HasPrefix(trimStart(text), []byte("<")) ||
		bytes.Contains(text, []byte("<html")) || bytes.Contains(text, []byte("<!doctype"))
}

// isJSON reports whether an answer is a JSON object or array, or begins one that
// is longer than what was read.
func isJSON(body []byte) bool {
	text := trimStart(body)
	switch {
	case len(text) == 0 || text[0] != '{' && text[0] != '[':
		return false
	case len(body) < maxAnswer:
		return json.Valid(text)
	}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}

// trimStart cuts what may stand before the first character that counts: white
// space, a byte order mark, control characters.
func trimStart(text []byte) []byte {
	return bytes.TrimLeft(text, "\ufeff \t\r\n\v\f\x00\u200b\u00a0")
}

// redirectHost shows where a redirect leads without its path and query, which
// may hold anything.
func redirectHost(h http.Header) string {
	u, err := url.Parse(h.Get("Location"))
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

const (
	maxDetail = 200 // bytes of a refusal that reach the log
	maxFaults = 5   // faults of a validation answer that reach the log
)

// refusalDetail reads why the API refused an event: its "detail" if that is a
// short string, else the place and type of each fault. The values that were
// refused are left out: an answer may quote the payload.
func refusalDetail(body []byte) string {
	var envelope struct {
		Detail json.RawMessage `json:"detail"`
	}
	var (
		text   string
		faults []struct {
			Loc  []any  `json:"loc"`
			Type string `json:"type"`
		}
	)
	switch {
	case json.Unmarshal(body, &envelope) != nil:
	case json.Unmarshal(envelope.Detail, &text) == nil:
	case json.Unmarshal(envelope.Detail, &faults) == nil:
		var lines []string
		for _, fault := range faults[:min(len(faults), maxFaults)] {
			lines = append(lines, faultPlace(fault.Loc)+" "+fault.Type)
		}
		text = strings.Join(lines, ", ")
	}
	if len(text) > maxDetail {
		return ""
	}
	return text
}

func faultPlace(loc []any) string {
	var parts []string
	for _, part := range loc {
		if name, ok := part.(string); ok {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, ".")
}

// maxRetryAfter bounds what an API can ask for: a year is a mistake.
const maxRetryAfter = 10 * time.Minute

// retryAfter reads a Retry-After header, in seconds or as a date (RFC 9110,
// 10.2.3). What makes no sense is 0, as if it were absent.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	seconds, err := strconv.ParseUint(value, 10, 31)
	switch {
	case err == nil:
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	case errors.Is(err, strconv.ErrRange): // more than 68 years
		return maxRetryAfter
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
