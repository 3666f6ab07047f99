package bbdisk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
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

type (
	options    = filesystem.Options
	fileSystem = filesystem.FileSystem
	file       = filesystem.File
)

// WithLimits bounds what waits for delivery, by number of events and by bytes
// of their JSON. From 80 % of either on activity is refused, at the bound
// everything. 0 or less means the default.
func WithLimits(events int, bytes int64) Option {
	return func(o *options) {
		if events > 0 {
			o.Bounds.Events = events
		}
		if bytes > 0 {
			o.Bounds.Bytes = bytes
		}
	}
}

// WithFsync makes every Send wait until its event is on disk, so that it
// survives a power failure too. It makes Send a hundred times slower: calls
// that come together share one wait.
func WithFsync() Option { return func(o *options) { o.Fsync = true } }

// ErrInUse is returned by [Open] while another Outbox, of this process or
// another, has the folder.
var ErrInUse = filesystem.ErrInUse

// FolderError is returned by [Open] for a folder that it must not use: one that
// holds other files, or what a newer version wrote. Nothing in it was changed.
type FolderError struct {
	Path   string
	Reason string
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("bbdisk: %s: %s; nothing was changed", e.Path, e.Reason)
}

// Open returns the Outbox of a folder on a local disk, with the events that
// wait there. The folder is made if it is missing, readable by its owner only,
// and must hold no other file; folders and dot-files in it do not matter.
//
// Errors: [ErrInUse], *[FolderError], fs.ErrPermission, or those of package os for
// a path that cannot be a folder. Whatever else is wrong, as a disk that is full
// or read-only, or damage, is logged and costs no more than it has to: events wait
// in memory until the folder can be written to.
func Open(dir string, opts ...Option) (*Outbox, error) {
	set := options{
		Bounds:  store.Bounds{Events: DefaultEvents, Bytes: DefaultBytes},
		Segment: segmentBytes,
		System:  filesystem.OS{},
	}
	for _, opt := range opts {
		opt(&set)
	}
	o, err := open(dir, set)
	if err != nil {
		return nil, wrap(err)
	}
	return &Outbox{store.NewHandle(o)}, nil
}

func open(dir string, set options) (*outbox, error) {
	if dir == "" {
		return nil, errors.New("the folder has no name")
	}
	dir, err := filepath.Abs(dir) // whatever becomes the working directory
	if err != nil {
		return nil, err
	}
	now := time.Now()
	o := &outbox{
		dir:     dir,
		options: set,
		sys:     set.System,
		clock:   folderClock{epoch: now, start: time.Duration(set.Clock.Date(now).UnixNano())},
		queue:   schedule.New[place](now),
		log:     journal{sys: set.System, dir: dir, limit: set.Segment},
		memory:  memory{records: make(map[uint64]held)},
	}
	held, found, err := o.attach()
	if err == nil {
		o.hold(held)
		if err = o.recover(found); err != nil {
			o.hold(nil)
		}
	}
	if isLasting(err) {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	o.writeErr = err
	return o, nil
}

// EnvDir is the environment variable that [OpenEnv] reads.
const EnvDir = "BB_OUTBOX_DIR"

// OpenEnv opens the folder that BB_OUTBOX_DIR names, white space around it
// dropped. It returns nil, with which events wait in memory, if the variable is
// not set, and with an error, which is one of [Open]. So a bot can go on with
// whatever it returns:
//
//	cfg := bb.ConfigFromEnv()
//	if cfg.Outbox, err = bbdisk.OpenEnv(); err != nil {
//		log.Printf("events wait in memory: %v", err)
//	}
func OpenEnv() (bb.Outbox, error) {
	dir := strings.TrimSpace(os.Getenv(EnvDir))
	if dir == "" {
		return nil, nil
	}
	if strings.ContainsAny(dir[:1], `"'`) {
		return nil, fmt.Errorf("bbdisk: %s begins with a quote that is part of its value; remove the quotes", EnvDir)
	}
	box, err := Open(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EnvDir, err) // not box: a nil pointer is no nil Outbox
	}
	return box, nil
}
