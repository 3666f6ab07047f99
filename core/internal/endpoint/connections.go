package endpoint

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"
)

// connections is our own way to the API: a sender takes a connection, makes a
// request on it and puts it back. There is no goroutine beside the sender. Safe
// for concurrent use.
type connections struct {
	life    context.Context // whose end cuts every connection
	address string          // host and port
	head    string          // of a request, up to the length of its body
	timeout time.Duration
	dial    Dial
	tls     *tls.Config // nil: none
	most    int         // idle ones

	mu    sync.Mutex    // guards what follows
	idle  []*connection // the last one was used last
	timer *time.Timer   // calls sweep; nil: none is idle
}

func newConnections(life context.Context, cfg Config, u *url.URL) *connections {
	p := &connections{life: life, timeout: cfg.Timeout, dial: cfg.Dial, most: cfg.InFlight}
	port := u.Port()
	if u.Scheme == "https" {
		p.tls = &tls.Config{
			ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
			ClientSessionCache: tls.NewLRUClientSessionCache(cfg.InFlight),
		}
		if port == "" {
			port = "443"
		}
	} else if port == "" {
		port = "80"
	}
	p.address = net.JoinHostPort(u.Hostname(), port)
	p.head = "POST " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nUser-Agent: " + userAgent +
		"\r\nAuthorization: Bearer " + cfg.Key + "\r\nContent-Type: application/json\r\nContent-Length: "
	return p
}

// post implements way. A kept connection that the server closed is no failure:
// the request goes once more, on a new one, if no byte of an answer came.
func (p *connections) post(ctx context.Context, body []byte) answer {
	deadline := time.Now().Add(p.timeout)
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	if c := p.take(time.Now()); c != nil {
		a, again := p.exchange(ctx, c, body, deadline)
		if a.err == nil || c.got || isTimeout(a.err) || ctx.Err() != nil {
			p.put(c, again)
			return a
		}
		c.cut()
	}
	c, err := p.connect(ctx, deadline)
	if err != nil {
		return answer{err: err}
	}
	a, again := p.exchange(ctx, c, body, deadline)
	p.put(c, again)
	return a
}

// exchange uses a connection for one request, within ctx.
func (p *connections) exchange(ctx context.Context, c *connection, body []byte, deadline time.Time) (a answer, again bool) {
	stop := p.cutWith(ctx, c)
	a, again = c.exchange(p.head, body, deadline)
	return a, stop() && again && ctx.Err() == nil
}

// cutWith cuts c if ctx ends before stop is called, which then returns false. With
// its life, it is cut anyway.
func (p *connections) cutWith(ctx context.Context, c *connection) (stop func() bool) {
	if ctx == p.life {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, c.cut)
}

// connect returns a new connection.
func (p *connections) connect(ctx context.Context, deadline time.Time) (c *connection, err error) {
	defer func() {
		if err != nil && isTimeout(err) {
			err = context.DeadlineExceeded
		}
	}()
	dialing, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	socket, err := p.dial(dialing, "tcp", p.address)
	if err != nil {
		return nil, err
	}
	c = &connection{stream: socket, socket: socket, look: newLook(socket), born: time.Now()}
	c.in = bufio.NewReader(c)
	c.unhook = context.AfterFunc(p.life, func() { socket.Close() })
	if p.tls == nil {
		return c, nil
	}
	defer p.cutWith(ctx, c)()
	secured := tls.Client(socket, p.tls)
	c.stream = secured
	_ = socket.SetDeadline(deadline)
	if err := secured.Handshake(); err != nil {
		c.cut()
		return nil, err
	}
	return c, nil
}

// take returns the connection that was used last and is still good; nil: there
// is none.
func (p *connections) take(now time.Time) *connection {
	for {
		c := p.pop()
		if c == nil || now.Sub(c.rested) < idleConnection && now.Sub(c.born) < maxConnection && c.alive() {
			return c
		}
		c.cut()
	}
}

func (p *connections) pop() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
	return c
}

// put takes a connection back, to keep it or to close it.
func (p *connections) put(c *connection, keep bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !keep || len(p.idle) >= p.most {
		c.cut()
		return
	}
	c.rested = time.Now()
	p.idle = append(p.idle, c)
	if p.timer == nil {
		p.timer = time.AfterFunc(idleConnection, p.sweep)
	}
}

// sweep closes what was idle for too long.
func (p *connections) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, old := time.Now(), 0
	for old < len(p.idle) && now.Sub(p.idle[old].rested) >= idleConnection {
		p.idle[old].cut()
		old++
	}
	p.idle = slices.Delete(p.idle, 0, old)
	p.timer = nil
	if len(p.idle) > 0 {
		p.timer = time.AfterFunc(p.idle[0].rested.Add(idleConnection).Sub(now), p.sweep)
	}
}

// drop implements way.
func (p *connections) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.cut()
	}
	clear(p.idle)
	p.idle = p.idle[:0]
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}
