package bbdisk

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// The test binary starts itself again as one of these processes.
var children = map[string]func(dir string, arg int){
	"hold": holdChild,
	"use":  useChild,
	"live": liveChild,
	"fill": fillChild, "recover": recoverChild,
	"send": sendChild,
	"bot":  botChild,
}

func TestMain(m *testing.M) {
	if run := children[os.Getenv("BBDISK_CHILD")]; run != nil {
		arg, _ := strconv.Atoi(os.Getenv("BBDISK_ARG"))
		run(os.Getenv("BBDISK_DIR"), arg)
		return
	}
	os.Exit(m.Run())
}

// child is another process that works on a folder.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.Closer // the child ends with it at the latest
	lines *bufio.Scanner
}

func startChild(t *testing.T, name, dir string, arg int) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BBDISK_CHILD="+name, "BBDISK_DIR="+dir, "BBDISK_ARG="+strconv.Itoa(arg))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, cmd: cmd, stdin: stdin, lines: bufio.NewScanner(stdout)}
	t.Cleanup(c.kill)
	return c
}

// kill sends SIGKILL, or what comes closest, and returns when it is over.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// holdChild opens the folder and keeps it.
func holdChild(dir string, _ int) {
	_, err := Open(dir)
	check(err)
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	c := startChild(t, "hold", dir, 0)
	if !c.lines.Scan() {
		t.Fatal("the child did not open the folder")
	}
	start := time.Now()
	box, err := Open(dir)
	if !errors.Is(err, ErrInUse) || box != nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("Open = %v, want ErrInUse with the folder's name", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("Open took %v to refuse", took)
	}
	c.kill()
	if _, err := mustOpen(t, dir).Close(); err != nil {
		t.Errorf("Close once the other process was killed = %v", err)
	}
}

func TestSecondOpenIsRefused(t *testing.T) {
	dir := t.TempDir()
	o := mustOpen(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("Open = %v, want ErrInUse", err)
	}
	if _, err := o.Close(); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
}

// chaosSegments has a few hundred events fill a segment.
func chaosSegments(o *options) { o.Segment = 64 << 10 }

// useChild puts, takes and settles events at random, from number first on, and
// says what it does: "put" after, "try" before a settle and "settled" after it.
func useChild(dir string, first int) {
	box, err := Open(dir, chaosSegments)
	check(err)
	o := inside(box)
	rng := rand.New(rand.NewPCG(uint64(first), 0))
	for n := first; ; n++ {
		_, err := o.Put(store.Record{Body: []byte(text(n))})
		check(err)
		fmt.Println("put", n)
		if rng.IntN(100) == 0 {
			check(syncNow(o))
			fmt.Println("synced 0")
		}
		if rng.IntN(5) == 0 {
			continue
		}
		r, found, _, err := o.Take(false, time.Minute)
		check(err)
		if !found {
			continue
		}
		number, _, _ := strings.Cut(string(r.Body), ":")
		if rng.IntN(4) == 0 {
			check(o.Settle(store.Outcome{ID: r.ID, Attempts: r.Attempts + 1}))
			continue
		}
		fmt.Println("try", number)
		check(o.Settle(store.Outcome{ID: r.ID, Remove: true}))
		fmt.Println("settled", number)
	}
}

// liveChild lives a short life again and again, and says which part begins.
func liveChild(dir string, first int) {
	rng := rand.New(rand.NewPCG(uint64(first), 1))
	for n := first; ; {
		fmt.Println("begins 0")
		box, err := Open(dir, smallSegments)
		check(err)
		o := inside(box)
		for range 20 {
			_, err := o.Put(store.Record{Body: []byte(text(n))})
			check(err)
			fmt.Println("put", n)
			n++
			for range 2 {
				r, found, _, err := o.Take(false, time.Minute)
				check(err)
				if !found || rng.IntN(10) == 0 {
					continue // leased for as long as this life
				}
				number, _, _ := strings.Cut(string(r.Body), ":")
				fmt.Println("try", number)
				check(o.Settle(store.Outcome{ID: r.ID, Remove: true}))
				fmt.Println("settled", number)
			}
		}
		fmt.Println("compacts 0")
		check(syncNow(o))
		fmt.Println("synced 0")
		fmt.Println("closes 0")
		_, err = o.Close()
		check(err)
		fmt.Println("synced 0")
	}
}

// killed knows of each event what a process, until it was killed, said of it.
type killed struct {
	state   map[int]string
	settled []int // since the last Sync
	last    int   // number of an event
}

const maybe = "maybe"

func (k *killed) read(line string) (what string) {
	what, number, _ := strings.Cut(line, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		return "" // the last line, cut
	}
	switch what {
	case "put":
		k.state[n], k.last = "there", max(k.last, n)
	case "try":
		k.state[n] = maybe
	case "settled":
		k.settled = append(k.settled, n)
	case "synced":
		for _, n := range k.settled {
			delete(k.state, n)
		}
		k.settled = nil
	}
	return what
}

// check opens the folder and compares.
func (k *killed) check(t *testing.T, dir string, opts ...Option) {
	t.Helper()
	k.settled = nil
	k.last++ // may have been put without being said
	k.state[k.last] = maybe
	o := mustOpen(t, dir, opts...)
	got := make(map[int]bool)
	for _, body := range waiting(t, o) {
		number, _, _ := strings.Cut(body, ":")
		n, err := strconv.Atoi(number)
		if err != nil || body != text(n) || got[n] || k.state[n] == "" {
			t.Fatalf("%.40q waits: damaged, twice, or settled before", body)
		}
		got[n] = true
	}
	for n, s := range k.state {
		switch {
		case got[n]:
			k.state[n] = "there"
		case s == maybe:
			delete(k.state, n)
		default:
			t.Fatalf("event %d of %d is lost", n, k.last)
		}
	}
	crash(o)
}

// A process is killed at random moments. Every event whose Put returned is
// there for the next, as it was, until it is settled, and not after the next Sync.
// BB_CHAOS_ROUNDS sets how many processes die.
func TestKill(t *testing.T) {
	rounds, dir, k := chaosRounds(t, 5), t.TempDir(), killed{state: make(map[int]string)}
	for range rounds {
		c := startChild(t, "use", dir, k.last+1)
		enough := rand.IntN(5000)
		for i := 0; c.lines.Scan(); i++ {
			if i == enough {
				_ = c.cmd.Process.Kill() // what it has written is still read
			}
			k.read(c.lines.Text())
		}
		_ = c.cmd.Wait()
		k.check(t, dir, chaosSegments)
	}
	t.Logf("%d processes died; %d events, %d of them wait", rounds, k.last, len(k.state))
	if k.last < 10*rounds {
		t.Errorf("only %d events in %d rounds prove little", k.last, rounds)
	}
}

// As TestKill, in the middle of Open, of compacting and of Close.
func TestKilledWhileItOpensCompactsAndCloses(t *testing.T) {
	rounds, dir, k := chaosRounds(t, 20), t.TempDir(), killed{state: make(map[int]string)}
	for round := range rounds {
		c := startChild(t, "live", dir, k.last+1)
		part, times := []string{"begins", "compacts", "closes"}[round%3], rand.IntN(5)
		for c.lines.Scan() {
			if k.read(c.lines.Text()) != part {
				continue
			}
			if times--; times == 0 {
				for range rand.IntN(3000) {
					runtime.Gosched()
				}
				_ = c.cmd.Process.Kill() // what it has written is still read
			} else if times < 0 {
				times = 1
			}
		}
		_ = c.cmd.Wait()
		k.check(t, dir, smallSegments)
	}
	t.Logf("%d processes died; %d events, %d of them wait", rounds, k.last, len(k.state))
}

// sendChild is a bot that sends n events while the API is away, and is killed.
func sendChild(dir string, n int) {
	box, err := Open(dir)
	check(err)
	client, err := bb.New(bb.Config{Enabled: true, BaseURL: "http://127.0.0.1:1", IntegrationKey: childKey, Outbox: box, Logger: slog.New(slog.DiscardHandler)})
	check(err)
	for i := range n {
		client.Send(bb.Event{Name: "order_paid", IdempotencyKey: eventKey(i), Payload: bb.Payload{"n": i}})
	}
	self, err := os.FindProcess(os.Getpid())
	check(err)
	check(self.Kill())
	select {}
}

const childKey = "the-key-of-the-bot-that-died"

func eventKey(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", i) }
