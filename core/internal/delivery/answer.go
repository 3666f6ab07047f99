package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// class is what an answer means for the event and for the destination.
type class int

const (
	transient class = iota // try again; the destination may be down
	delivered              // the API has the event
	refused                // the API will never take this event
	setup                  // no event will be taken until a setting is changed
)

// verdict is an answer, judged.
type verdict struct {
	class      class
	retryAfter time.Duration // the API asked for this pause
	overload   bool          // fewer requests at a time would help
	problem    *Problem      // nil if delivered
}

// Problem says what went wrong with a request and what to do about it. It
// holds neither the key nor anything of an event. bb.DeliveryError is the same,
// in public.
type Problem struct {
	Status    int    // 0: no answer
	Cause     string // "HTTP 401", "connection refused"
	Remedy    string // "" where waiting is all there is to do
	Permanent bool   // a person has to change a setting
	Err       error  // the network error, if that is what it was
}

func (p *Problem) Error() string {
	if p.Remedy == "" {
		return "bb: " + p.Cause
	}
	return "bb: " + p.Cause + ": " + p.Remedy
}

const (
	remedyKey      = "the integration key was not accepted: compare BB_INTEGRATION_KEY with the key of this environment (bb-bot.ru and bb.center have keys of their own)"
	remedyAddress  = "there is no event API at this address: check BB_API_BASE_URL"
	remedyRedirect = "BB_API_BASE_URL points to a redirect: set it to the final address"
	remedyProxy    = "a proxy asks for credentials: put them into HTTP_PROXY or HTTPS_PROXY, or the API's host into NO_PROXY"
	remedyPage     = "the answer is a web page, not the API's: check BB_API_BASE_URL"
)

// classify is the one place that says what an answer means.
func classify(a answer) verdict {
	if a.err != nil {
		return classifyError(a)
	}
	success := a.status >= 200 && a.status < 300
	switch {
	case success && !isPage(a):
		return verdict{class: delivered}
	case a.status == http.StatusConflict:
		return verdict{class: delivered} // the key is known: it arrived before
	}
	v := verdict{problem: &Problem{Status: a.status, Cause: fmt.Sprintf("HTTP %d", a.status)}}
	switch {
	case success:
		v.class, v.problem.Remedy = setup, remedyPage
	case a.status >= 300 && a.status < 400:
		v.class, v.problem.Remedy = setup, remedyRedirect
		if host := redirectHost(a.header); host != "" {
			v.problem.Remedy += ", which seems to be on " + host
		}
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		v.class, v.problem.Remedy = setup, remedyKey
	case a.status == http.StatusProxyAuthRequired:
		v.class, v.problem.Remedy = setup, remedyProxy
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		v.class, v.problem.Remedy = setup, remedyAddress
	case a.status == http.StatusTooManyRequests, a.status == http.StatusServiceUnavailable:
		v.overload = true
		v.retryAfter = retryAfter(a.header.Get("Retry-After"), a.date)
	case a.status == http.StatusRequestTimeout, a.status == http.StatusTooEarly, a.status >= 500, a.status < 200:
		v.retryAfter = retryAfter(a.header.Get("Retry-After"), a.date)
	default:
		v.class = refused
		if detail := refusalDetail(a.body); detail != "" {
			v.problem.Cause += ": " + detail
		}
	}
	v.problem.Permanent = v.class == setup
	return v
}

// classifyError reads a failed exchange. Every network error is transient: a
// peer that gives up on a refused connection loses whatever was sent while the
// API restarted.
func classifyError(a answer) verdict {
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		noTLS   tls.RecordHeaderError
	)
	v := verdict{problem: &Problem{Status: a.status, Cause: "the request failed", Err: a.err}}
	isTimeout := errors.Is(a.err, context.DeadlineExceeded) || errors.As(a.err, &timeout) && timeout.Timeout()
	switch {
	case errors.As(a.err, &dns) && dns.IsNotFound:
		v.problem.Cause = fmt.Sprintf("host %q is unknown", dns.Name)
		v.problem.Remedy = "check BB_API_BASE_URL; in Docker on Linux host.docker.internal needs extra_hosts: [\"host.docker.internal:host-gateway\"]"
	case isTimeout:
		v.overload = true
		v.problem.Cause = "the API did not answer in time"
	case isCertificateError(a.err):
		v.problem.Cause = "the certificate of the API was not accepted: " + a.err.Error()
		v.problem.Remedy = "install ca-certificates in the image, check the clock, or check BB_API_BASE_URL"
	case errors.As(a.err, &noTLS), strings.Contains(a.err.Error(), "HTTP response to HTTPS client"):
		v.problem.Cause = "the API does not speak TLS on this port"
		v.problem.Remedy = "set BB_API_BASE_URL with http:// instead of https://, or check its port"
	case errors.Is(a.err, syscall.ECONNREFUSED):
		v.problem.Cause = a.err.Error()
		v.problem.Remedy = "nothing listens there: check BB_API_BASE_URL; inside a container localhost is the container itself"
	default:
		v.problem.Cause = a.err.Error()
	}
	return v
}

func isPage(a answer) bool {
	return strings.HasPrefix(strings.ToLower(a.header.Get("Content-Type")), "text/html") ||
		bytes.HasPrefix(bytes.TrimLeft(a.body, " \t\r\n"), []byte("<"))
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

func isCertificateError(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &roots)
}

const (
	maxDetail = 200 // characters of a refusal that reach the log
	maxFaults = 5   // faults of a validation answer that reach the log
)

// refusalDetail reads why the API refused an event: its "detail" if that is a
// short string, else the place and type of each fault. The values that were
// refused are left out: an answer may quote the payload.
func refusalDetail(body []byte) string {
	var envelope struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(envelope.Detail, &text) == nil {
		if text = printable(text); len(text) <= maxDetail {
			return text
		}
		return ""
	}
	var faults []struct {
		Loc  []any  `json:"loc"`
		Type string `json:"type"`
	}
	if json.Unmarshal(envelope.Detail, &faults) != nil {
		return ""
	}
	var lines []string
	for _, fault := range faults[:min(len(faults), maxFaults)] {
		lines = append(lines, faultPlace(fault.Loc)+" "+printable(fault.Type))
	}
	if text = strings.Join(lines, ", "); len(text) > maxDetail {
		return ""
	}
	return text
}

func faultPlace(loc []any) string {
	var parts []string
	for _, part := range loc {
		if name, ok := part.(string); ok {
			parts = append(parts, printable(name))
		}
	}
	return strings.Join(parts, ".")
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
