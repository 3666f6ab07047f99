package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// environments are the backends that BB runs, by host.
var environments = map[string]string{"bb-bot.ru": "production", "bb.center": "staging"}

func (c *checkup) lookAtURL(context.Context) finding {
	const name = bb.EnvBaseURL
	raw := os.Getenv(name)
	value := strings.TrimSpace(raw)
	if why := reason(c.wrong, name); why != "" {
		return finding{status: problem, text: name + " " + why}
	}
	where := "events go to " + c.base.String() + "/api/bot/events"
	if environment := environments[strings.ToLower(c.base.Hostname())]; environment != "" {
		where += ", which is " + environment
	}
	switch log := c.notes.take(); {
	case strings.Contains(c.base.Path+"/", "/api/"):
		return finding{warning, where, "Set " + name + " without /api and what follows, unless your backend really is below it."}
	case log != "":
		return finding{status: warning, text: where + "; " + log}
	case raw != value:
		return spaces(name)
	case value == "":
		return ok("%s; %s is not set and this is the default", where, name)
	}
	return ok("%s", where)
}

func (c *checkup) lookAtProxy(context.Context) finding {
	const setIt = "Set it like http://proxy.example:3128, or remove it."
	name := c.proxyVariable()
	_, invalid := url.Parse(os.Getenv(name)) // not shown: it may quote a password
	switch {
	case c.proxyErr != nil:
		return finding{problem, c.proxyErr.Error(), "Remove HTTP_PROXY, or REQUEST_METHOD, which makes this look like a CGI program."}
	case c.proxy != nil && !isProxy(c.proxy):
		return finding{problem, name + " is not the address of a proxy", setIt}
	case c.proxy == nil && invalid != nil:
		return finding{warning, name + " is not the address of a proxy, and is ignored", setIt}
	case c.proxy != nil:
		return ok("%s applies: requests go through %s", name, proxyAddress(c.proxy))
	case name == "" && isLoopback(c.base.Hostname()):
		return ok("none")
	case name == "" && cmp.Or(os.Getenv("ALL_PROXY"), os.Getenv("all_proxy")) != "":
		return finding{warning, "none: ALL_PROXY is set, but programs in Go do not read it", fmt.Sprintf("If the way out is that proxy, set %s_PROXY too.", strings.ToUpper(c.base.Scheme))}
	case name == "":
		return ok("none")
	case isLoopback(c.base.Hostname()):
		return ok("none: %s is set, but a loopback address goes without", name)
	}
	return ok("none: %s is set, but NO_PROXY exempts this host", name)
}

// proxyVariable is the one that net/http reads for the address, if it is set.
func (c *checkup) proxyVariable() string {
	name := strings.ToUpper(c.base.Scheme) + "_PROXY"
	for _, name := range []string{name, strings.ToLower(name)} {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// isProxy knows what net/http makes of a value that is no URL: it takes
// "http://a b" for a proxy at http://http:.
func isProxy(u *url.URL) bool {
	return defaultPorts[u.Scheme] != "" && u.Hostname() != "" && !strings.HasSuffix(u.Host, ":")
}

// proxyAddress leaves out user name and password.
func proxyAddress(u *url.URL) string { return u.Scheme + "://" + u.Host }

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

// defaultPorts are those of the schemes that net/http takes for a proxy.
var defaultPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// nextHop is who this process connects to: the proxy, if there is one.
func (c *checkup) nextHop() (host, port string) {
	u := c.base
	if c.proxy != nil {
		u = c.proxy
	}
	return u.Hostname(), cmp.Or(u.Port(), defaultPorts[u.Scheme])
}
