package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

const day = "2006-01-02"

func (c *checkup) shakeHands(ctx context.Context) finding {
	switch {
	case c.base.Scheme == "http":
		return ok("none: the address starts with http://")
	case c.proxy != nil:
		return finding{status: notChecked, text: "the proxy is in between; the next step shows it"}
	}
	host, port := c.nextHop()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := new(tls.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	switch {
	case err == nil:
	case isTimeout(err):
		return finding{problem, fmt.Sprintf("the connection is open, but no TLS handshake came within %v", c.timeout),
			"A firewall is in the way, or the port does not speak TLS: check the port in " + bb.EnvBaseURL + "."}
	default:
		return finding{problem, explain(ctx, err), certificateHint(err)}
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	return ok("%s; the certificate is valid until %s", tls.VersionName(state.Version), state.PeerCertificates[0].NotAfter.Format(day))
}

// certificateHint says more of why a certificate was not accepted; "" if err
// is something else.
func certificateHint(err error) string {
	var (
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return clockHint(invalid.Cert)
	case errors.As(err, &authority) && authority.Cert != nil:
		return fmt.Sprintf("It was issued by %q, whom this machine does not trust. Is that BB's? If it is a proxy or virus scanner of yours, add its certificate to those of the machine, or name a file with it in SSL_CERT_FILE.",
			authority.Cert.Issuer.String())
	case errors.As(err, &hostname):
		return "The answer comes from another server than the one in " + bb.EnvBaseURL + ": check the host, or who answers in its place."
	}
	return ""
}

func clockHint(cert *x509.Certificate) string {
	now := time.Now()
	text := fmt.Sprintf("The clock of this machine says %s, and the certificate is valid from %s to %s. ",
		now.Format("2006-01-02 15:04 MST"), cert.NotBefore.Format(day), cert.NotAfter.Format(day))
	if now.Before(cert.NotBefore) {
		return text + "Set the clock; if it is right, the certificate is not yet valid."
	}
	return text + "If the clock is right, the server needs a new certificate."
}
