package main

import (
	"encoding/binary"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/outbox"
)

func newBox(dir string) (store, error) {
	box, err := bbdisk.Open(filepath.Join(dir, "events"), bbdisk.WithLimits(manyEvents, manyBytes))
	if err != nil {
		return store{}, err
	}
	return store{put: func(event []byte) error {
		_, err := box.Put(outbox.Record{Key: event[:36], Body: event, Accepted: time.Now()})
		return err
	}}, nil
}

// newBolt keeps events in a bucket by number. It does not wait for the disk,
// as core/disk does not.
func newBolt(dir string) (store, error) {
	db, err := bolt.Open(filepath.Join(dir, "db"), 0o600,
		&bolt.Options{NoSync: true, NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return store{}, err
	}
	seq := uint64(0)
	put := func(count int, event []byte) error {
		return db.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("events"))
			if err != nil {
				return err
			}
			bucket.FillPercent = 0.9 // keys only grow
			for range count {
				seq++
				if err := bucket.Put(binary.BigEndian.AppendUint64(nil, seq), event); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return store{
		put: func(event []byte) error { return put(1, event) },
		many: func(count int, event []byte) error {
			for left := count; left > 0; left -= 1000 {
				if err := put(min(left, 1000), event); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}
