package bbdisk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// listing is what is ours in a folder, in order.
type listing struct {
	segments, damaged []uint32
	last              uint32 // the highest of both, not to be given out again
}

func list(sys fileSystem, dir string) (l listing, err error) {
	names, err := sys.List(dir)
	if err != nil {
		return listing{}, err
	}
	for _, name := range names {
		number, ok := numbered(name, segmentSuffix)
		if ok {
			l.segments = append(l.segments, number)
		} else if number, ok = numbered(name, damagedSuffix); ok {
			l.damaged = append(l.damaged, number)
		} else if name != filesystem.LockName && !strings.HasPrefix(name, ".") {
			return listing{}, &FolderError{
				Path:   filepath.Join(dir, name),
				Reason: "it is not a file of an outbox, which needs a folder of its own",
			}
		}
		l.last = max(l.last, number)
	}
	return l, nil
}

// makeFolder makes dir, and what is missing above it.
func makeFolder(sys fileSystem, dir string) error {
	parent := filepath.Dir(dir)
	err := sys.Mkdir(dir)
	if errors.Is(err, fs.ErrNotExist) && parent != dir {
		if err = makeFolder(sys, parent); err == nil {
			err = sys.Mkdir(dir)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return sys.SyncDir(parent)
}

// attach makes the folder, if it is missing, and locks it.
func (o *outbox) attach() (held file, l listing, err error) {
	// Looked at before anything is made in it: it may be foreign.
	if _, err = list(o.sys, o.dir); errors.Is(err, fs.ErrNotExist) {
		err = makeFolder(o.sys, o.dir)
	}
	if err != nil {
		return nil, listing{}, err
	}
	if held, err = o.sys.Lock(o.dir); err != nil {
		return nil, listing{}, err
	}
	if l, err = list(o.sys, o.dir); err != nil {
		return nil, listing{}, errors.Join(err, held.Close())
	}
	return held, l, nil
}

// hold makes a folder, or none, ours in place of the one before, if there was
// one.
func (o *outbox) hold(held file) (was bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if was = o.held != nil; was {
		_ = o.held.Close() // nothing was written to it
	}
	o.held = held
	return was
}

// isAway reports whether the folder is not ours, or not at its path any more.
func (o *outbox) isAway() bool {
	o.mu.Lock()
	held := o.held
	o.mu.Unlock()
	return held == nil || !o.sys.Names(filesystem.LockPath(o.dir), held)
}

// reattach finds out that the folder, or a file in it that is written, was
// deleted or replaced. What can still be read comes back into memory, to be
// written again. While away is not nil nothing can be.
func (o *outbox) reattach() (news, away error) {
	if o.isAway() {
		var held file
		var l listing
		if held, l, away = o.attach(); away == nil && len(l.segments) > 0 {
			away = errors.Join(errors.New("the folder holds events that this process did not find at its start; they wait for the next start"), held.Close())
		}
		if away == nil && o.hold(held) {
			news = errors.New("the folder was deleted or replaced")
		}
	}
	o.syncing.Lock() // or else a Put that waits for an fsync might close these
	defer o.syncing.Unlock()
	o.mu.Lock()
	written := o.log.unsynced()
	o.mu.Unlock()
	for _, s := range written {
		if !o.sys.Names(segmentPath(o.dir, s.number), s.file) {
			news = errors.Join(news, fmt.Errorf("%s was deleted while it was written", segmentPath("", s.number)), o.rescue(s))
		}
	}
	return news, away
}

// rescue takes the events of a segment without a name into memory.
func (o *outbox) rescue(s *segment) error {
	o.mu.Lock()
	o.log.active = nil
	o.mu.Unlock()
	err := o.eachIn(s, s.file, func(e entry, r store.Record) error {
		e.Value.segment = 0
		o.moveLocked(e)
		r.Body = bytes.Clone(r.Body)
		o.memory.add(e.Seq, r, true)
		return nil
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closeLocked(s)
	return err
}

// isLasting reports whether an error of Open needs a person. All others pass, as
// that of a disk that is full or cannot be written to: events wait in memory until
// then.
func isLasting(err error) bool {
	var folder *FolderError
	return errors.As(err, &folder) || slices.ContainsFunc([]error{
		ErrInUse, fs.ErrPermission, fs.ErrNotExist, syscall.EINVAL, syscall.ENOTDIR, syscall.ENAMETOOLONG,
	}, func(target error) bool { return errors.Is(err, target) })
}
