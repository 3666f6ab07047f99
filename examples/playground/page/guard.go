package page

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// policy lets a page load and reach nothing but this server, and nobody frame it.
const policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard keeps other web sites away: their pages cannot send commands, and
// cannot read the page by pointing a name of theirs at this machine.
func guard(handler http.Handler, host string) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(handler)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if !servedAs(r.Host, host) {
			http.Error(w, "the playground is not served under this name: open it by its address, or name the host in -listen",
				http.StatusMisdirectedRequest)
			return
		}
		sameOrigin.ServeHTTP(w, r)
	})
}

// servedAs reports whether a Host header names this server. An IP address
// always does: only names can be made to point elsewhere.
func servedAs(header, host string) bool {
	name, _, err := net.SplitHostPort(header)
	if err != nil {
		name = strings.Trim(header, "[]") // without a port
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return strings.EqualFold(name, "localhost") || host != "" && strings.EqualFold(name, host)
}
