package bench

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// burst is how many calls are made before a library gets time to send, less
// than any of them queues. It is also the batch size of the peers.
const burst = 64

// timeCalls reports what single calls take. It pauses after each burst.
func timeCalls(b *testing.B, call, pause func()) {
	took := make([]time.Duration, b.N)
	b.ResetTimer()
	for i := range took {
		began := time.Now()
		call()
		took[i] = time.Since(began)
		if i%burst == burst-1 {
			pause()
		}
	}
	b.ReportMetric(0, "ns/op") // would count the pauses
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2].Seconds()*1e6, "p50-µs")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1e6, "p99-µs")
}

// BenchmarkCall measures what a handler waits for: nothing but the map of its
// payload, an API that answers, and senders at work on all CPUs.
func BenchmarkCall(b *testing.B) {
	var payload map[string]any
	b.Run("api=none/driver=map", func(b *testing.B) {
		timeCalls(b, func() { payload = map[string]any{"team_code": "bra", "handler": "choice"} }, func() {})
	})
	runtime.KeepAlive(payload)
	o := options{url: sinkURL, inFlight: 16, window: burst, batch: burst}
	for _, named := range libraries {
		b.Run("api=answers/driver="+named.name, func(b *testing.B) {
			d := named.open(b, o)
			timeCalls(b, d.call, d.settle)
		})
	}
	for _, named := range []namedDriver{memory, disk} {
		b.Run("api=busy/driver="+named.name, func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU()))
			d := named.open(b, o)
			d.fill(10_000)
			timeCalls(b, d.call, func() { time.Sleep(time.Millisecond) })
		})
	}
}

// BenchmarkKeep measures calls while the API hangs. On disk the event survives
// SIGKILL when the call returns; none waits for the disk.
func BenchmarkKeep(b *testing.B) {
	for _, store := range []struct {
		namedDriver
		sizes []int
	}{
		{memory, []int{0, memoryEvents}},
		{disk, []int{0, 100_000, 1_000_000}},
		{namedDriver{"append", openFile}, []int{0}},
		{namedDriver{"bbolt", openBolt}, []int{0, 100_000}},
	} {
		b.Run("store="+store.name, func(b *testing.B) {
			hang(b)
			d, kept := store.open(b, options{url: sinkURL}), 0
			for _, size := range store.sizes {
				d.fill(size - kept)
				kept = size
				b.Run(fmt.Sprintf("kept=%d", size), func(b *testing.B) {
					b.ReportAllocs()
					timeCalls(b, d.call, func() {})
				})
			}
		})
	}
}

func openFile(tb testing.TB, _ options) driver {
	file, err := os.Create(filepath.Join(tb.TempDir(), "events"))
	check(tb, err)
	tb.Cleanup(func() { _ = file.Close() })
	return keeper(tb, func(event []byte) error {
		_, err := file.Write(event)
		return err
	})
}

func openBolt(tb testing.TB, _ options) driver {
	db, err := bolt.Open(filepath.Join(tb.TempDir(), "events"), 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	check(tb, err)
	tb.Cleanup(func() { _ = db.Close() })
	return keeper(tb, func(event []byte) error {
		return db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("events"))
			check(tb, err)
			bucket.FillPercent = 0.9 // keys only grow
			number, err := bucket.NextSequence()
			check(tb, err)
			return bucket.Put(binary.BigEndian.AppendUint64(nil, number), event)
		})
	})
}

// keeper makes an event in each call, as a program without bb does.
func keeper(tb testing.TB, keep func([]byte) error) driver {
	return driver{call: func() {
		payload := bb.Payload{"team_code": "bra", "handler": "choice"}
		event, err := json.Marshal(bb.Event{Name: bb.EventChoiceMade, UserID: 7, ChatID: 7, OccurredAt: time.Now(), Payload: payload})
		check(tb, err)
		check(tb, keep(event))
	}}
}
