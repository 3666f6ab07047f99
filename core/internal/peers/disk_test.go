package peers

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

// body is as long as an event with a small payload.
var body = make([]byte, 300)

// measure reports the median and the slowest of f's calls, one by one.
func measure(b *testing.B, f func() error) {
	took := make([]time.Duration, 0, 1<<20)
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := f(); err != nil {
			b.Fatal(err)
		}
		if len(took) < cap(took) {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
}

// BenchmarkDisk keeps one event so that it survives SIGKILL, in three ways.
func BenchmarkDisk(b *testing.B) {
	b.Run("append", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "log"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		measure(b, func() error {
			_, err := f.Write(body)
			return err
		})
	})
	for _, pending := range []int{1e3, 1e5, 1e6} {
		b.Run(fmt.Sprintf("bbdisk/pending=%d", pending), func(b *testing.B) { benchmarkDisk(b, pending) })
	}
	for _, pending := range []int{1e3, 1e5} {
		b.Run(fmt.Sprintf("bbolt/pending=%d", pending), func(b *testing.B) { benchmarkBolt(b, pending) })
	}
}

func benchmarkDisk(b *testing.B, pending int) {
	box, err := bbdisk.Open(b.TempDir(), bbdisk.WithLimits(1<<40, 1<<60))
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close()
	r := outbox.Record{Key: body[:36], Body: body, Accepted: time.Now()}
	put := func() error {
		_, err := box.Put(r)
		return err
	}
	for range pending {
		if err := put(); err != nil {
			b.Fatal(err)
		}
	}
	measure(b, put)
}

func benchmarkBolt(b *testing.B, pending int) {
	db, err := bolt.Open(filepath.Join(b.TempDir(), "db"), 0o600,
		&bolt.Options{NoSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	seq := uint64(0)
	put := func(count int) error {
		return db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("events"))
			if err != nil {
				return err
			}
			bucket.FillPercent = 0.9 // keys only grow
			for range count {
				seq++
				if err := bucket.Put(binary.BigEndian.AppendUint64(nil, seq), body); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range pending / 1000 {
		if err := put(1000); err != nil {
			b.Fatal(err)
		}
	}
	measure(b, func() error { return put(1) })
}
