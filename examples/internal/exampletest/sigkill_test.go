package exampletest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

// paceVariable makes this test binary be a bot that sends events at this pace,
// and writes a byte for each that it has sent.
const paceVariable = "EXAMPLETEST_PACE"

func sendAtPace(pace string) {
	client := newClient()
	pause, err := time.ParseDuration(pace)
	if err != nil {
		panic(err)
	}
	for range time.Tick(pause) {
		client.Send(bb.Event{Name: "order_paid", UserID: ann})
		_, _ = os.Stdout.Write([]byte{'.'})
	}
}

// BenchmarkSIGKILL counts what dies with a bot whose events are in memory, while
// the API is well and answers in 50 ms.
func BenchmarkSIGKILL(b *testing.B) {
	for _, perSecond := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%d_events_a_second", perSecond), func(b *testing.B) {
			total, most := 0, 0
			for b.Loop() {
				lost := killAtPace(b, time.Second/time.Duration(perSecond))
				total, most = total+lost, max(most, lost)
			}
			b.ReportMetric(float64(total)/float64(b.N), "lost/kill")
			b.ReportMetric(float64(most), "lost-at-most")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func killAtPace(b *testing.B, pause time.Duration) (lost int) {
	api := bbtest.NewServer(b)
	api.Decide(func(bbtest.Request) bbtest.Answer {
		time.Sleep(50 * time.Millisecond)
		return bbtest.Answer{}
	})
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), paceVariable+"="+pause.String(),
		bb.EnvEnabled+"=true", bb.EnvBaseURL+"="+api.URL, bb.EnvIntegrationKey+"="+api.Key)
	sent, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	time.AfterFunc(2*time.Second+rand.N(time.Second), func() { _ = cmd.Process.Kill() })
	text, _ := io.ReadAll(sent)
	_ = cmd.Wait()
	time.Sleep(time.Second) // what the API was given it takes
	return len(text) - len(api.Events())
}
