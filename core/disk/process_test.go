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
func chaosSegments(o *options) { o.segment = 64 << 10 }

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
		records, _, err := o.Take(1, false, time.Minute)
		check(err)
		for _, r := range records {
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
}

// A process is killed at random moments. Every event whose Put returned is
// there for the next, as it was, until it is settled, and not after the next Sync.
// BB_CHAOS_ROUNDS sets how many processes die.
func TestKill(t *testing.T) {
	rounds := chaosRounds(t, 5)
	const maybe = "maybe"
	dir, state, last := t.TempDir(), make(map[int]string), 0
	for range rounds {
		c := startChild(t, "use", dir, last+1)
		enough := rand.IntN(5000)
		var settled []int // since the last Sync
		for i := 0; c.lines.Scan(); i++ {
			if i == enough {
				_ = c.cmd.Process.Kill() // what it has written is still read
			}
			what, number, _ := strings.Cut(c.lines.Text(), " ")
			n, err := strconv.Atoi(number)
			if err != nil {
				continue // the last line, cut
			}
			switch what {
			case "put":
				state[n], last = "there", max(last, n)
			case "try":
				state[n] = maybe
			case "settled":
				settled = append(settled, n)
			case "synced":
				for _, n := range settled {
					delete(state, n)
				}
				settled = nil
			}
		}
		_ = c.cmd.Wait()
		last++ // may have been put without being said
		state[last] = maybe

		o := mustOpen(t, dir, chaosSegments)
		got := make(map[int]bool)
		for _, body := range waiting(t, o) {
			number, _, _ := strings.Cut(body, ":")
			n, err := strconv.Atoi(number)
			if err != nil || body != text(n) || got[n] || state[n] == "" {
				t.Fatalf("%.40q waits: damaged, twice, or settled before", body)
			}
			got[n] = true
		}
		for n, s := range state {
			switch {
			case got[n]:
				state[n] = "there"
			case s == maybe:
				delete(state, n)
			default:
				t.Fatalf("event %d of %d is lost", n, last)
			}
		}
		if size := folderSize(t, dir); size > bound(o) {
			t.Errorf("the folder has %d bytes, want at most %d", size, bound(o))
		}
		crash(o)
	}
	t.Logf("%d processes died; %d events, %d of them wait", rounds, last, len(state))
	if last < 10*rounds {
		t.Errorf("only %d events in %d rounds prove little", last, rounds)
	}
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
