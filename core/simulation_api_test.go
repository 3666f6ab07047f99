package bb_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/wire"
)

// unsteadyAPI keeps one event of each key, and has weather. So has the network
// before it, which needs no sockets.
type unsteadyAPI struct {
	seed  uint64
	books *books

	mu      sync.Mutex // guards what follows
	weather weather
	asked   map[string]int // requests, by key
}

// weather is what requests meet for a while.
type weather struct {
	number int
	meets  string // a name in troubles; "": all is well
	whom   string // all, events or requests: a third of these
	since  time.Time
}

func (w weather) String() string {
	if w.meets == "" {
		return "fine weather"
	}
	return w.whom + " meet " + w.meets
}

// exchange is a request that the API has read, and its answer.
type exchange struct {
	api   *unsteadyAPI
	from  *process
	conn  net.Conn
	event wire.Decoded
	nth   int  // request for this event
	whole bool // the answer is one after which the connection can go on
}

// Troubles in which a connection is not even made.
const (
	connectionRefused = "a refused connection"
	unreachable       = "no connection"
)

// troubles is what a request can meet. No event is delivered by any.
var troubles = map[string]func(*exchange){
	connectionRefused: func(x *exchange) {},
	unreachable:       func(x *exchange) { x.wait() },

	"a reset":                       func(x *exchange) {},
	"a reset after it arrived":      func(x *exchange) { x.keep() },
	"silence":                       func(x *exchange) { x.wait() },
	"silence after it arrived":      func(x *exchange) { x.keep(); x.wait() },
	"an answer that comes too late": func(x *exchange) { x.keep(); time.Sleep(7 * time.Second); x.write(fine) },
	"half an answer":                func(x *exchange) { x.keep(); x.write(fine[:len(fine)-1]) },
	"half a head":                   func(x *exchange) { x.keep(); x.write("HTTP/1.1 200 OK\r\nX: " + testKey) },
	"no HTTP":                       says("SSH-2.0-OpenSSH_9.6 " + testKey + "\r\n"),
	"an endless head": func(x *exchange) {
		for x.write("X: " + strings.Repeat(testKey, 100) + "\r\n") {
		}
	},
	"an endless page": func(x *exchange) {
		for ok := x.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"); ok; ok = x.write(strings.Repeat("x", 4096)) {
		}
	},

	"500":                         answers("500 Internal Server Error", "", "it broke: "+testKey),
	"502, a page":                 answers("502 Bad Gateway", "", "<html>nginx</html>"),
	"503":                         answers("503 Service Unavailable", "", ""),
	"503 with Retry-After":        waits("503 Service Unavailable", 3),
	"503 with a year":             waits("503 Service Unavailable", 365*24*3600),
	"429":                         answers("429 Too Many Requests", "", "{}"),
	"429 with Retry-After":        waits("429 Too Many Requests", 90),
	"429 with nonsense":           answers("429 Too Many Requests", "Retry-After: soon\r\n", "{}"),
	"429 with a date":             answers("429 Too Many Requests", "Retry-After: Sat, 01 Jan 2000 00:01:00 GMT\r\n", "{}"),
	"408":                         answers("408 Request Timeout", "", ""),
	"425":                         answers("425 Too Early", "", ""),
	"a status of its own":         answers("799 "+testKey, "", ""),
	"a redirect":                  answers("301 Moved", "Location: https://"+testKey+".test/?"+testKey+"\r\n", ""),
	"401":                         answers("401 Unauthorized", "", `{"detail":"`+testKey+` is wrong"}`),
	"402":                         answers("402 Payment Required", "", "{}"),
	"403":                         answers("403 Forbidden", "", `{"detail":"no"}`),
	"403, a page":                 answers("403 Forbidden", "Content-Type: text/html\r\n", "DDoS protection"),
	"404":                         answers("404 Not Found", "", "404 page not found"),
	"405":                         answers("405 Method Not Allowed", "", ""),
	"406":                         answers("406 Not Acceptable", "", ""),
	"410":                         answers("410 Gone", "", "{}"),
	"415":                         answers("415 Unsupported Media Type", "", "{}"),
	"426":                         answers("426 Upgrade Required", "", ""),
	"431":                         answers("431 Request Header Fields Too Large", "", ""),
	"451":                         answers("451 Unavailable For Legal Reasons", "", "{}"),
	"400 of a TLS port":           answers("400 Bad Request", "", "Client sent an HTTP request to an HTTPS server."),
	"400, a page":                 answers("400 Bad Request", "", "<html>nginx</html>"),
	"400 without a word":          answers("400 Bad Request", "", ""),
	"413, a page":                 answers("413 Request Entity Too Large", "", "\n<html>nginx</html>"),
	"422, a text":                 answers("422 Unprocessable Entity", "", "no: "+testKey),
	"a page instead of the API":   answers("200 OK", "Content-Type: text/html\r\n", "please log in"),
	"a page behind a mark":        answers("200 OK", "Content-Type: text/plain\r\n", "\ufeff<html>please log in</html>"),
	"a page that says it is JSON": answers("200 OK", "Content-Type: application/json\r\n", "<!doctype html>"),
	"a web socket":                answers("101 Switching Protocols", "", ""),
	"interim answers without end": says(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 50)),
}

// Events with these names meet what their name says whatever the weather, and hold
// up no other; the API refuses one, in its own word.
const refusedEvent = "refused"

var poisons = []string{"503 with Retry-After", "401", "403", "500", "a reset", "silence"}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func says(raw string) func(*exchange) { return func(x *exchange) { x.write(raw) } }

func answers(status, header, body string) func(*exchange) {
	raw := fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), header, body)
	return func(x *exchange) { x.whole = x.write(raw) }
}

func waits(status string, seconds int) func(*exchange) {
	answer := answers(status, fmt.Sprintf("Retry-After: %d\r\n", seconds), "")
	return func(x *exchange) {
		x.api.books.mustWait(x, min(time.Duration(seconds)*time.Second, 10*time.Minute))
		answer(x)
	}
}

// serve answers the requests of a connection.
func (a *unsteadyAPI) serve(p *process, conn net.Conn) {
	defer conn.Close()
	for in := bufio.NewReader(conn); ; {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+testKey || string(body) == "{}" {
			a.books.fail("%v sent %s with %v", p, body, r.Header)
		}
		event, err := wire.Decode(body)
		if err != nil {
			a.books.fail("%v sent %q: %v", p, body, err)
			return
		}
		x := &exchange{api: a, from: p, conn: conn, event: event}
		if !x.meet(a.meeting(x)) {
			return
		}
	}
}

// meeting returns what a request meets.
func (a *unsteadyAPI) meeting(x *exchange) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[x.event.Key]++
	x.nth = a.asked[x.event.Key]
	a.books.asked(x)
	w := a.weather
	switch {
	case w.whom == "events" && a.chance(3, w.number, x.event.Key) > 0:
	case w.whom == "requests" && a.chance(3, w.number, x.event.Key, x.nth) > 0:
	case w.meets != "":
		return w.meets
	}
	return ""
}

// meet answers, and reports whether the connection goes on.
func (x *exchange) meet(what string) (goesOn bool) {
	if name, ok := strings.CutPrefix(x.event.Name, "poison "); ok {
		what = name
	}
	if what != "" {
		x.api.books.failed(x)
		troubles[what](x)
		return x.whole && x.api.chance(2, what, x.event.Key, x.nth) == 0
	}
	if x.event.Name == refusedEvent {
		x.api.books.refuse(x)
		answers("422 Unprocessable Entity", "", `{"detail":"`+testKey+` is no choice"}`)(x)
		return x.whole
	}
	time.Sleep(time.Duration(1+x.api.chance(40, x.event.Key)) * time.Millisecond)
	known := x.keep()
	answer := fine
	switch {
	case known && x.api.chance(2, x.event.Key) == 0:
		answer = "HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n"
	case x.api.chance(5, x.event.Key) == 0:
		answer = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
	}
	x.api.books.good(x)
	return x.write(answer) && x.api.chance(4, x.event.Key, x.nth) > 0
}

// keep takes the event, unless one with its key is there.
func (x *exchange) keep() (known bool) { return x.api.books.arrive(x) }

func (x *exchange) write(raw string) bool {
	_, err := io.WriteString(x.conn, raw)
	return err == nil
}

// wait returns when the client has given up.
func (x *exchange) wait() { _, _ = io.Copy(io.Discard, x.conn) }

// chance is one of n, by the seed and what it is asked about, no matter who asks, and when.
func (a *unsteadyAPI) chance(n int, about ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, a.seed, about)
	return int(h.Sum64() >> 7 % uint64(n))
}

var errNoNetwork = errors.New("connection refused, says " + testKey)

// dial is the network of a process.
func (p *process) dial(ctx context.Context, _, address string) (net.Conn, error) {
	a := p.world.api
	a.mu.Lock()
	w := a.weather
	a.mu.Unlock()
	switch {
	case p.dead.Load(), w.whom == "all" && w.meets == connectionRefused:
		p.unanswered.Add(1)
		return nil, errNoNetwork
	case w.whom == "all" && w.meets == unreachable:
		p.unanswered.Add(1)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(2 * time.Minute): // as a system does
			return nil, errNoNetwork
		}
	case address != "bb.test:80":
		return nil, fmt.Errorf("%s is nowhere", address)
	}
	near, far := net.Pipe()
	go a.serve(p, far)
	return p.wires.add(near), nil
}

// wires are the connections of a process.
type wires struct {
	mu   sync.Mutex
	cut  bool
	open map[*wired]bool
}

type wired struct {
	net.Conn
	of *wires
}

func (w *wires) add(conn net.Conn) net.Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &wired{conn, w}
	if w.open == nil {
		w.open = make(map[*wired]bool)
	}
	w.open[c] = true
	if w.cut {
		_ = conn.Close()
	}
	return c
}

func (c *wired) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	delete(c.of.open, c)
	return c.Conn.Close()
}

// cutAll ends all connections, as the end of a process does.
func (w *wires) cutAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for c := range w.open {
		_ = c.Conn.Close()
	}
}

func (w *wires) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open)
}

func (a *unsteadyAPI) setWeather(w weather) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.weather = w
}

func names[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
