package endpoint

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/redact"
)

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
	remedyFirewall = "a firewall or DDoS protection refuses this server; it is not the key: ask the operator of the API to let this server's address through"
	remedyAddress  = "there is no event API at this address: check BB_API_BASE_URL"
	remedyRedirect = "BB_API_BASE_URL points to a redirect: set it to the final address"
	remedyProxy    = "a proxy asks for credentials: put them into HTTP_PROXY or HTTPS_PROXY, or the API's host into NO_PROXY"
	remedyPage     = "the answer is a web page, not the API's: check BB_API_BASE_URL"
	remedyTooLarge = "a server in front of the API refuses requests of this size: raise its limit, such as client_max_body_size of nginx, to 128 KiB"
	remedyBetween  = "the API would say so in JSON: check BB_API_BASE_URL, and what proxies and firewalls on the way allow"

	remedyHTTPS  = "this port speaks TLS: set BB_API_BASE_URL with https:// instead of http://"
	remedyHTTP   = "set BB_API_BASE_URL with http:// instead of https://, or check its port"
	remedyClosed = "if this port speaks TLS, set BB_API_BASE_URL with https:// instead of http://"
	remedyCut    = "if that lasts, a firewall on the way may cut TLS connections, or this port of BB_API_BASE_URL speaks no TLS"
	remedyListen = "nothing listens there: check BB_API_BASE_URL; inside a container localhost is the container itself"
	remedyHost   = "check BB_API_BASE_URL and the resolver of this machine"
	remedyDocker = "in Docker on Linux host.docker.internal needs extra_hosts: [\"host.docker.internal:host-gateway\"]"
	remedyTrust  = "install ca-certificates in the image, check the clock, or check BB_API_BASE_URL"
)

// describe says what a failed request means for a person.
func describe(a answer) (cause, remedy string) {
	var (
		dns   *net.DNSError
		noTLS tls.RecordHeaderError
	)
	cause = a.err.Error()
	switch {
	case errors.As(a.err, &dns) && dns.IsNotFound:
		cause, remedy = fmt.Sprintf("host %q is unknown", dns.Name), remedyHost
		if dns.Name == "host.docker.internal" {
			remedy = remedyDocker
		}
	case isTimeout(a.err):
		cause = "the API did not answer in time"
	case isCertificateError(a.err):
		cause, remedy = "the certificate of the API was not accepted: "+cause, remedyTrust
	case errors.As(a.err, &noTLS), strings.Contains(cause, "HTTP response to HTTPS client"):
		cause, remedy = "the API does not speak TLS on this port", remedyHTTP
	case a.plain && strings.Contains(cause, `malformed HTTP response "\x15`): // a TLS alert
		cause, remedy = "the API does not speak HTTP on this port", remedyHTTPS
	case errors.Is(a.err, syscall.ECONNREFUSED):
		remedy = remedyListen
	case errors.Is(a.err, io.EOF), errors.Is(a.err, syscall.ECONNRESET):
		cause, remedy = "the connection was closed before the answer: "+cause, remedyCut
		if a.plain {
			remedy = remedyClosed
		}
	}
	return cause, remedy
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
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

// redact cleans what a peer, a proxy or a transport wrote. p may be nil.
func (p *Problem) redact(r *redact.Redactor) {
	if p == nil {
		return
	}
	p.Cause, p.Remedy = r.Text(p.Cause), r.Text(p.Remedy)
	p.Err = r.Error(p.Err)
}
