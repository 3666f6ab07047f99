package crashtest

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
)

// process is a process on a Disk.
type process struct {
	*Disk
	last string // what was done, but syncs
}

type openFile struct {
	sys    *process
	node   *node
	wrote  bool // by this process
	lock   bool
	closed bool
}

func (s *process) name(path string, n *node, what string) {
	s.last = what
	if n == nil {
		delete(s.names, path)
	} else {
		s.names[path] = n
	}
	s.loose = append(s.loose, naming{path, n})
}

// do calls f under the lock, with a step before and after it, unless the disk is
// ill.
func (s *process) do(f func() error) error {
	s.Step()
	defer s.Step()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ill != nil {
		return s.ill
	}
	return f()
}

func (s *process) Mkdir(path string) error {
	return s.do(func() error {
		switch {
		case s.names[filepath.Dir(path)] == nil:
			return fs.ErrNotExist
		case s.names[path] != nil:
			return fs.ErrExist
		}
		s.name(path, &node{dir: true}, "mkdir")
		return nil
	})
}

func (s *process) List(dir string) (names []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names[dir] == nil {
		return nil, fs.ErrNotExist
	}
	for path := range s.names {
		if path != dir && filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s *process) Lock(dir string) (filesystem.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.names[dir]
	if n.locked {
		return nil, syscall.EWOULDBLOCK
	}
	n.locked = true
	s.open++
	return &openFile{sys: s, node: n, lock: true}, nil
}

func (s *process) Names(path string, f filesystem.File) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[path] == f.(*openFile).node
}

func (s *process) Create(path string) (f filesystem.File, err error) {
	err = s.do(func() error {
		switch {
		case s.names[filepath.Dir(path)] == nil:
			return fs.ErrNotExist
		case s.names[path] != nil:
			return fs.ErrExist
		}
		n := &node{}
		s.name(path, n, "create")
		s.open++
		f = &openFile{sys: s, node: n, wrote: true}
		return nil
	})
	return f, err
}

func (s *process) Open(path string) (filesystem.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.names[path]
	if n == nil {
		return nil, fs.ErrNotExist
	}
	s.open++
	return &openFile{sys: s, node: n}, nil
}

func (s *process) Link(path, second string) error {
	return s.do(func() error {
		n := s.names[path]
		switch {
		case n == nil:
			return fs.ErrNotExist
		case s.names[second] != nil:
			return fs.ErrExist
		}
		s.name(second, n, "link")
		return nil
	})
}

func (s *process) Remove(path string) error {
	return s.do(func() error {
		if s.names[path] == nil {
			return fs.ErrNotExist
		}
		s.name(path, nil, "remove")
		return nil
	})
}

func (s *process) isBroken(c Sync) bool {
	c.After = s.last
	return s.Broken != nil && s.Broken(c)
}

func (s *process) SyncDir(dir string) error {
	return s.do(func() error {
		if s.isBroken(Sync{Dir: true}) {
			return nil
		}
		s.loose = slices.DeleteFunc(s.loose, func(l naming) bool {
			if filepath.Dir(l.path) != dir {
				return false
			}
			if l.node == nil {
				delete(s.safe, l.path)
			} else {
				s.safe[l.path] = l.node
			}
			return true
		})
		return nil
	})
}

func (f *openFile) change(c change) {
	f.node.data = c.apply(f.node.data)
	f.node.loose = append(f.node.loose, c)
}

func (f *openFile) Write(b []byte) (n int, err error) {
	write := func(part []byte) func() error {
		return func() error {
			f.sys.last = "write"
			part = part[:min(len(part), f.sys.room)]
			f.sys.room -= len(part)
			f.change(change{at: len(f.node.data), data: slices.Clone(part)})
			n += len(part)
			return nil
		}
	}
	f.sys.mu.Lock()
	half := f.sys.rng.IntN(len(b) + 1)
	f.sys.mu.Unlock()
	if err := errors.Join(f.sys.do(write(b[:half])), f.sys.do(write(b[half:]))); err != nil {
		return n, err
	}
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (f *openFile) Truncate(size int64) error {
	return f.sys.do(func() error {
		f.change(change{at: int(size), truncate: true})
		return nil
	})
}

func (f *openFile) Sync() error {
	return f.sys.do(func() error {
		if !f.sys.isBroken(Sync{Inherited: !f.wrote}) {
			f.node.safe, f.node.loose = slices.Clone(f.node.data), nil
		}
		return nil
	})
}

func (f *openFile) ReadAt(b []byte, at int64) (int, error) {
	f.sys.mu.Lock()
	defer f.sys.mu.Unlock()
	n := copy(b, f.node.data[min(int(at), len(f.node.data)):])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *openFile) Close() error {
	f.sys.mu.Lock()
	defer f.sys.mu.Unlock()
	if f.lock {
		f.node.locked = false
	}
	if f.closed {
		return fs.ErrClosed
	}
	f.closed = true
	f.sys.open--
	return nil
}

func (f *openFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
