package bench

import (
	"bufio"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The sink is an API that takes everything. It is a process of its own, so that
// its CPU time is not the client's, and it does little, so that it does not
// limit the client.

const (
	sinkEnv  = "BENCH_SINK" // set in the environment of the sink
	slowPath = "/slow"      // requests below it are answered after slowTime
	slowTime = 50 * time.Millisecond
	taken    = `{"status":"ok"}`
	answer   = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n" + taken
)

// Of the sink that TestMain starts. For each line of sinkIn it prints what it
// has seen to sinkOut, and when sinkIn ends, it ends.
var (
	sinkURL     string
	secureURL   string // the same with TLS
	sinkProcess *os.Process
	sinkIn      io.WriteCloser
	sinkOut     io.Reader
)

func TestMain(m *testing.M) {
	if os.Getenv(sinkEnv) != "" {
		log.Fatal(serveSink())
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		log.Fatal(err)
	}
	_ = os.Setenv("SSL_CERT_FILE", filepath.Join(dir, "cert.pem")) // fails for a bad name only
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), sinkEnv+"=1", "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	sinkIn, _ = cmd.StdinPipe() // fails only if it is set already
	sinkOut, _ = cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	sinkProcess = cmd.Process
	if _, err := fmt.Fscanln(sinkOut, &sinkURL, &secureURL); err != nil {
		log.Fatalf("the sink printed no address: %v", err)
	}
	m.Run()
	_ = os.RemoveAll(dir)
}

// seen is what the sink got until now.
type seen struct{ requests, connections int }

func countSeen(tb testing.TB) (s seen) {
	_, err := fmt.Fprintln(sinkIn)
	check(tb, err)
	_, err = fmt.Fscanln(sinkOut, &s.requests, &s.connections)
	check(tb, err)
	return s
}

// checkSeen fails unless each event since before was a request of its own. It
// returns how many connections were made for them.
func checkSeen(tb testing.TB, before seen, events int) (connections int) {
	now := countSeen(tb)
	if got := now.requests - before.requests; got != events {
		tb.Fatalf("the sink saw %d requests for %d events", got, events)
	}
	return now.connections - before.connections
}

// hang stops the sink: connections are made and requests leave, and no answer
// comes until resume is called or the test ends.
func hang(tb testing.TB) (resume func()) {
	check(tb, sinkProcess.Signal(syscall.SIGSTOP))
	resume = func() { _ = sinkProcess.Signal(syscall.SIGCONT) }
	tb.Cleanup(resume)
	return resume
}

// serveSink is what the sink does.
func serveSink() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var requests, connections atomic.Int64
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests.Add(1)
		_, _ = io.WriteString(w, taken)
	}))
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(os.Getenv("SSL_CERT_FILE"), cert, 0o600); err != nil {
		return err
	}
	fmt.Printf("http://%s %s\n", listener.Addr(), secure.URL)
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			fmt.Println(requests.Load(), connections.Load())
		}
		os.Exit(0)
	}()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		connections.Add(1)
		go func() {
			defer conn.Close()
			for r := bufio.NewReader(conn); ; {
				request, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, request.Body)
				if strings.HasPrefix(request.URL.Path, slowPath) {
					time.Sleep(slowTime)
				}
				requests.Add(1)
				_, _ = io.WriteString(conn, answer)
			}
		}()
	}
}
