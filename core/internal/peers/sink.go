package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The sink answers every POST with 200. It is written by hand and does as
// little as it can, so that what is measured is the client and the kernel. How
// it answers is told by the beginning of the path, so that one sink serves all
// sections:
//
//	/after/50ms/…  answers after that time
//	/never/…       reads and does not answer
//	/gated/NAME/…  answers while that gate is open, see control
//	/control/…     is not counted

const (
	maxHead = 16 << 10 // bytes of a request's head, as net/http's buffers hold
	maxBody = 16 << 20
)

// accepted is the whole answer, so that it leaves in one write.
var accepted = []byte(answerWith(`{"status":"ok"}`))

func answerWith(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// sink counts what it is sent.
type sink struct {
	requests, connections atomic.Int64
	gates                 sync.Map // by name
}

func (s *sink) gate(name string) *gate {
	g, _ := s.gates.LoadOrStore(name, new(gate))
	return g.(*gate)
}

// serveSink prints the sink's address to out and serves until in ends, which it
// does when the process that started it is gone.
func serveSink(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = listener.Close()
	}()
	if _, err := fmt.Fprintf(out, "http://%s\n", listener.Addr()); err != nil {
		return err
	}
	s := &sink{}
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			if err := s.serve(conn); err != nil && !ended(err) {
				fmt.Fprintln(os.Stderr, "peers: the sink got what it cannot read:", err)
			}
		}()
	}
}

// ended reports whether err says no more than that the client is gone.
func ended(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.As(err, &network)
}

func (s *sink) serve(conn net.Conn) error {
	r := bufio.NewReaderSize(conn, maxHead)
	known := false
	for {
		path, err := readRequest(r)
		if err != nil {
			return err
		}
		if name, ok := strings.CutPrefix(path, "/control/"); ok {
			if _, err := io.WriteString(conn, answerWith(s.control(name))); err != nil {
				return err
			}
			continue
		}
		s.requests.Add(1)
		if !known {
			known = true
			s.connections.Add(1)
		}
		if err := s.wait(path, r); err != nil {
			return err
		}
		if _, err := conn.Write(accepted); err != nil {
			return err
		}
	}
}

// wait returns when the request for path is to be answered.
func (s *sink) wait(path string, r *bufio.Reader) error {
	mode, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch mode {
	case "after":
		text, _, _ := strings.Cut(rest, "/")
		delay, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("path %q: %w", path, err)
		}
		time.Sleep(delay)
	case "never":
		_, err := r.ReadByte() // returns when the client gives up
		return errors.Join(err, io.EOF)
	case "gated":
		name, _, _ := strings.Cut(rest, "/")
		s.gate(name).pass()
	}
	return nil
}

// control returns what to answer to a request that is not counted.
func (s *sink) control(name string) string {
	if name, ok := strings.CutPrefix(name, "open/"); ok {
		s.gate(name).set(true)
	}
	if name, ok := strings.CutPrefix(name, "shut/"); ok {
		s.gate(name).set(false)
	}
	return fmt.Sprintf(`{"Requests":%d,"Connections":%d}`, s.requests.Load(), s.connections.Load())
}

// gate lets requests pass while it is open. The zero gate is shut.
type gate struct {
	mu      sync.Mutex // guards what follows
	open    bool
	opening chan struct{} // closed when it opens; nil: nobody waits
}

func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = open
	if open && g.opening != nil {
		close(g.opening)
		g.opening = nil
	}
}

func (g *gate) pass() {
	g.mu.Lock()
	if g.open {
		g.mu.Unlock()
		return
	}
	if g.opening == nil {
		g.opening = make(chan struct{})
	}
	wait := g.opening
	g.mu.Unlock()
	<-wait
}
