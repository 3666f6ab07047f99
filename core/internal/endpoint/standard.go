package endpoint

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// standard is the way of net/http: for Config.Transport, for proxies, and for
// hosts whose names are not ASCII.
type standard struct {
	url       string
	header    http.Header
	timeout   time.Duration
	transport http.RoundTripper // the user's; nil: one of our own

	renew func() *http.Transport
	mu    sync.Mutex
	owned *http.Transport
	since time.Time // of owned
}

func newStandard(cfg Config, u *url.URL) *standard {
	return &standard{
		url: u.String(), timeout: cfg.Timeout, transport: cfg.Transport,
		header: http.Header{
			"Authorization": {"Bearer " + cfg.Key},
			"Content-Type":  {"application/json"},
			"User-Agent":    {userAgent},
			// net/http reads the mere presence of this entry as leave to send
			// the request again when a kept-alive connection turns out to be
			// closed; an entry without values is not sent.
			"Idempotency-Key": nil,
		},
		// HTTP/1.1 only: one event a request gains nothing from HTTP/2 and pays 1.6
		// times the CPU.
		renew: func() *http.Transport {
			return &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            cfg.Dial,
				TLSHandshakeTimeout:    cfg.Timeout, // net/http goes on with it when the request has ended
				TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{},
				DisableCompression:     true,
				MaxIdleConnsPerHost:    cfg.InFlight,
				MaxConnsPerHost:        cfg.InFlight, // else it dials while others become idle
				IdleConnTimeout:        idleConnection,
				MaxResponseHeaderBytes: maxHead,
			}
		},
	}
}

// post calls RoundTrip itself, which follows no redirect. A foreign transport may
// write to the request, and keep it.
func (s *standard) post(ctx context.Context, body []byte) (a answer) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	r.Header = s.header.Clone()
	resp, err := s.roundTripper().RoundTrip(r)
	if err == nil {
		defer resp.Body.Close()
		a = answer{status: resp.StatusCode, header: resp.Header}
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // to its end, or the connection is lost
	}
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = context.DeadlineExceeded // whatever the transport made of it
	}
	a.err = err
	return a
}

// roundTripper is the user's, or one of our own: a new one when the connections of
// the one before have lived for long enough.
func (s *standard) roundTripper() http.RoundTripper {
	if s.transport != nil {
		return s.transport
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.owned == nil || now.Sub(s.since) > maxConnection {
		if s.owned != nil {
			s.owned.CloseIdleConnections() // and those in use once they are idle
		}
		s.owned, s.since = s.renew(), now
	}
	return s.owned
}

func (s *standard) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owned != nil {
		s.owned.CloseIdleConnections()
	}
}
