package bbdisk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/schedule"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Defaults of [WithLimits].
const (
	DefaultEvents = 1_000_000
	DefaultBytes  = 1 << 30
)

// Outbox keeps events in a folder until they are delivered. Make one with
// [Open] and give it to bb.Config.Outbox: the client then owns it and closes it.
type Outbox struct{ handle }

type handle = store.Handle

// Option changes how an [Outbox] works.
type Option func(*options)

type options struct {
	bounds  store.Bounds
	fsync   bool
	segment int64                      // bytes of a segment; tests change it
	create  func(string) (file, error) // makes a segment; tests change it
	syncDir func(string) error         // makes names safe; tests change it
}

// WithLimits bounds what waits for delivery, by number of events and by bytes
// of their JSON. From 80 % of either on activity is refused, at the bound
// everything. 0 or less means the default.
func WithLimits(events int, bytes int64) Option {
	return func(o *options) {
		if events > 0 {
			o.bounds.Events = events
		}
		if bytes > 0 {
			o.bounds.Bytes = bytes
		}
	}
}

// WithFsync makes every Send wait until its event is on disk, so that it
// survives a power failure too. It makes Send a hundred times slower: calls
// that come together share one wait.
func WithFsync() Option { return func(o *options) { o.fsync = true } }

// ErrInUse is returned by [Open] while another Outbox, of this process or
// another, has the folder.
var ErrInUse = errors.New("the folder is in use by another client; give each a folder of its own")

// DamagedError is returned by [Open] for a file that is not as an Outbox left
// it. Nothing in the folder was changed. To start without the events in it,
// move the file away.
type DamagedError struct {
	Path   string
	Offset int64 // of what cannot be read
	Reason string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("bbdisk: %s cannot be used, byte %d: %s; nothing was changed: restore the file or move it away", e.Path, e.Offset, e.Reason)
}

// Open returns the Outbox of a folder on a local disk, with the events that
// wait there. The folder is made if it is missing, readable by its owner only,
// and must hold no other file; folders and dot-files in it do not matter.
// Errors: [ErrInUse], *[DamagedError], or those of package os.
func Open(dir string, opts ...Option) (*Outbox, error) {
	set := options{
		bounds:  store.Bounds{Events: DefaultEvents, Bytes: DefaultBytes},
		segment: segmentBytes,
		create:  createFile,
		syncDir: syncDir,
	}
	for _, opt := range opts {
		opt(&set)
	}
	o, err := open(dir, set)
	if err != nil {
		return nil, err
	}
	o.deferError(o.compact())
	return &Outbox{store.NewHandle(o)}, nil
}

func open(dir string, set options) (*outbox, error) {
	if err := makeFolder(dir); err != nil {
		return nil, wrap(err)
	}
	if _, err := listSegments(dir); err != nil { // before a file is made in a foreign folder
		return nil, err
	}
	held, err := lock(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("bbdisk: %s: %w", dir, err)
	}
	now := time.Now()
	o := &outbox{
		dir:     dir,
		options: set,
		lock:    held,
		epoch:   now,
		reader:  reader{dir: dir},
		queue:   schedule.New[place](now),
		log:     journal{dir: dir, limit: set.segment, create: set.create},
	}
	if err := o.recover(); err != nil {
		return nil, errors.Join(err, held.Close())
	}
	return o, nil
}

// makeFolder makes dir, and what is missing above it, for the owner only.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir { // each folder that is made needs its name to be safe
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return err
	}
	return syncDir(parent)
}
