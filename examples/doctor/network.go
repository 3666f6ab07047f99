package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// maxAddresses bounds how many addresses of a host are shown.
const maxAddresses = 3

const dockerHost = "host.docker.internal"

func (c *checkup) lookUp(ctx context.Context) finding {
	host, _ := c.nextHop()
	if net.ParseIP(host) != nil {
		return ok("none: %s is an address", host)
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	var dns *net.DNSError
	switch unknown := errors.As(err, &dns) && dns.IsNotFound; {
	case err == nil && len(addresses) > maxAddresses:
		return ok("%s is %s and %d more", host, strings.Join(addresses[:maxAddresses], ", "), len(addresses)-maxAddresses)
	case err == nil:
		return ok("%s is %s", host, strings.Join(addresses, ", "))
	case c.proxy != nil:
		return c.proxyProblem(err)
	case unknown:
		return finding{problem, fmt.Sprintf("host %q is unknown", host), unknownHost(host)}
	}
	return finding{problem, err.Error(), "The DNS server did not tell: check the network and the DNS server of this machine or container."}
}

func unknownHost(host string) string {
	switch {
	case strings.EqualFold(host, dockerHost):
		return `On Linux the container needs extra_hosts: ["host.docker.internal:host-gateway"], and outside of Docker there is no such host.`
	case environments[strings.ToLower(host)] != "":
		return "The address is right: this machine or container has no DNS server that knows the internet, or no network."
	case !strings.Contains(host, "."):
		return "A name without a dot is that of a container or, in Kubernetes, of a service, known only inside its network or namespace: does the bot run in the same one?"
	}
	return "Check " + bb.EnvBaseURL + " for a typing error."
}

func (c *checkup) connect(ctx context.Context) finding {
	host, port := c.nextHop()
	address := net.JoinHostPort(host, port)
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	begun := time.Now()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	switch {
	case err == nil:
		_ = conn.Close()
		return ok("connected to %s in %s", conn.RemoteAddr(), milliseconds(time.Since(begun)))
	case c.proxy != nil:
		return c.proxyProblem(err)
	case isLoopback(host) && inContainer():
		return finding{problem, explain(ctx, err), "This is a container, and " + host + " is the container itself. Use the name of the API's container, in Kubernetes that of the service, or host.docker.internal for the machine around it."}
	case errors.Is(err, syscall.ECONNREFUSED) && host == dockerHost:
		return finding{problem, explain(ctx, err), "On the machine around the container the API has to listen on 0.0.0.0, not on 127.0.0.1."}
	case errors.Is(err, syscall.ECONNREFUSED):
		return finding{status: problem, text: explain(ctx, err)}
	case isTimeout(err):
		return finding{problem, fmt.Sprintf("%s does not answer within %v", address, c.timeout), "A firewall is in the way, a proxy is needed (" + strings.ToUpper(c.base.Scheme) + "_PROXY), or the address is wrong: check " + bb.EnvBaseURL + "."}
	}
	return finding{problem, explain(ctx, err), "Check the network of this machine or container, and " + bb.EnvBaseURL + "."}
}

func (c *checkup) proxyProblem(err error) finding {
	return finding{problem, "the proxy cannot be reached: " + err.Error(),
		fmt.Sprintf("Check %s, or put %s into NO_PROXY if it is reached without.", c.proxyVariable(), c.base.Hostname())}
}

func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// inContainer knows Docker and Podman by the files that they leave, and
// Kubernetes by a variable.
func inContainer() bool {
	if os.Getenv("KUBERNETES_SERVICE_HOST") != "" {
		return true
	}
	for _, name := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(name); err == nil {
			return true
		}
	}
	return false
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
