package bbdisk

import (
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// crashDisk is a file system in memory. A crash of the machine keeps what was
// synced and, of all else, any part in any order: writes torn at any byte, holes
// of zeros, names that came and went.
type crashDisk struct {
	mu    sync.Mutex
	names map[string]*node
	safe  map[string]*node // names that are on disk
	loose []naming         // since then
	room  int              // bytes that can still be written
	rng   *rand.Rand

	step   func()               // called before, in the middle of and after each change
	broken func(call call) bool // a sync that this is true of is left out; nil: none is
}

// call describes a sync to a mutant of the disk.
type call struct {
	dir       bool
	inherited bool   // of a file that an earlier process wrote
	after     string // what was done last but syncs: create, mkdir, write or remove
}

type node struct {
	dir    bool
	locked bool
	data   []byte
	safe   []byte   // what is on disk
	loose  []change // since then
}

// change is a write, or the truncation to at.
type change struct {
	at       int
	data     []byte
	truncate bool
}

type naming struct {
	path string
	node *node // nil: removed
}

const crashFolder = "/m/events"

func newCrashDisk(seed uint64) *crashDisk {
	root := map[string]*node{"/": {dir: true}, "/m": {dir: true}}
	return &crashDisk{names: root, safe: maps.Clone(root), room: plenty, rng: rand.New(rand.NewPCG(seed, 77)), step: func() {}}
}

// with puts files into the folder.
func (d *crashDisk) with(files map[string]string) *crashDisk {
	d.names[crashFolder] = &node{dir: true}
	for name, data := range files {
		d.names[filepath.Join(crashFolder, name)] = &node{data: []byte(data)}
	}
	return d
}

// option makes the disk that of an outbox.
func (d *crashDisk) option(o *options) { o.sys = &crashSystem{crashDisk: d} }

func (c change) apply(data []byte) []byte {
	if c.truncate {
		return data[:min(len(data), c.at)]
	}
	if end := c.at + len(c.data); end > len(data) {
		data = append(data, make([]byte, end-len(data))...)
	}
	copy(data[c.at:], c.data)
	return data
}

// afterKill is the disk that the next process finds: all that was written.
func (d *crashDisk) afterKill() *crashDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := &crashDisk{room: d.room, rng: d.rng, step: func() {}, broken: d.broken}
	copies := make(map[*node]*node)
	copyOf := func(n *node) *node {
		if n != nil && copies[n] == nil {
			copies[n] = &node{dir: n.dir, data: slices.Clone(n.data), safe: slices.Clone(n.safe), loose: slices.Clone(n.loose)}
		}
		return copies[n]
	}
	copyNames := func(names map[string]*node) map[string]*node {
		all := make(map[string]*node)
		for path, n := range names {
			all[path] = copyOf(n)
		}
		return all
	}
	next.names, next.safe = copyNames(d.names), copyNames(d.safe)
	for _, l := range d.loose {
		next.loose = append(next.loose, naming{l.path, copyOf(l.node)})
	}
	return next
}

// afterPowerFailure is the disk that the next machine finds.
func (d *crashDisk) afterPowerFailure() *crashDisk {
	next := d.afterKill()
	next.names = next.safe
	d.rng.Shuffle(len(next.loose), func(i, j int) { next.loose[i], next.loose[j] = next.loose[j], next.loose[i] })
	for _, l := range next.loose {
		switch {
		case d.rng.IntN(2) == 0:
		case l.node == nil:
			delete(next.names, l.path)
		default:
			next.names[l.path] = l.node
		}
	}
	for path := range maps.Clone(next.names) {
		for up := filepath.Dir(path); up != "/"; up = filepath.Dir(up) {
			if next.names[up] == nil {
				delete(next.names, path)
			}
		}
	}
	for _, n := range next.names {
		n.data = n.safe
		d.rng.Shuffle(len(n.loose), func(i, j int) { n.loose[i], n.loose[j] = n.loose[j], n.loose[i] })
		for _, c := range n.loose {
			from, to := 0, len(c.data)
			switch d.rng.IntN(4) {
			case 0:
				continue
			case 1:
				to = d.rng.IntN(to + 1)
			case 2:
				from = d.rng.IntN(to + 1)
			}
			c.at, c.data = c.at+from, c.data[from:to]
			n.data = c.apply(n.data)
		}
		n.safe, n.loose = slices.Clone(n.data), nil
	}
	next.safe, next.loose = maps.Clone(next.names), nil
	return next
}

// crashSystem is a process on a crashDisk.
type crashSystem struct {
	*crashDisk
	last string // what was done, but syncs
}

type crashFile struct {
	sys   *crashSystem
	node  *node
	wrote bool // by this process
	lock  bool
}

func (s *crashSystem) name(path string, n *node, what string) {
	s.last = what
	if n == nil {
		delete(s.names, path)
	} else {
		s.names[path] = n
	}
	s.loose = append(s.loose, naming{path, n})
}

// do calls f under the lock, with a step before and after it.
func (s *crashSystem) do(f func() error) error {
	s.step()
	defer s.step()
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}

func (s *crashSystem) Mkdir(path string) error {
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

func (s *crashSystem) List(dir string) (names []string, err error) {
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
	return names, nil
}

func (s *crashSystem) Lock(dir string) (file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.names[dir]
	if n.locked {
		return nil, ErrInUse
	}
	n.locked = true
	return &crashFile{sys: s, node: n, lock: true}, nil
}

func (s *crashSystem) Names(path string, f file) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[path] == f.(*crashFile).node
}

func (s *crashSystem) Create(path string) (f file, err error) {
	err = s.do(func() error {
		switch {
		case s.names[filepath.Dir(path)] == nil:
			return fs.ErrNotExist
		case s.names[path] != nil:
			return fs.ErrExist
		}
		n := &node{}
		s.name(path, n, "create")
		f = &crashFile{sys: s, node: n, wrote: true}
		return nil
	})
	return f, err
}

func (s *crashSystem) Open(path string) (file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.names[path]
	if n == nil {
		return nil, fs.ErrNotExist
	}
	return &crashFile{sys: s, node: n}, nil
}

func (s *crashSystem) Remove(path string) error {
	return s.do(func() error {
		if s.names[path] == nil {
			return fs.ErrNotExist
		}
		s.name(path, nil, "remove")
		return nil
	})
}

func (s *crashSystem) isBroken(c call) bool {
	c.after = s.last
	return s.broken != nil && s.broken(c)
}

func (s *crashSystem) SyncDir(dir string) error {
	return s.do(func() error {
		if s.isBroken(call{dir: true}) {
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

func (f *crashFile) change(c change) {
	f.node.data = c.apply(f.node.data)
	f.node.loose = append(f.node.loose, c)
}

func (f *crashFile) Write(b []byte) (n int, err error) {
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
	_ = f.sys.do(write(b[:half]))
	_ = f.sys.do(write(b[half:]))
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (f *crashFile) Truncate(size int64) error {
	return f.sys.do(func() error {
		f.change(change{at: int(size), truncate: true})
		return nil
	})
}

func (f *crashFile) Sync() error {
	return f.sys.do(func() error {
		if !f.sys.isBroken(call{inherited: !f.wrote}) {
			f.node.safe, f.node.loose = slices.Clone(f.node.data), nil
		}
		return nil
	})
}

func (f *crashFile) ReadAt(b []byte, at int64) (int, error) {
	f.sys.mu.Lock()
	defer f.sys.mu.Unlock()
	n := copy(b, f.node.data[min(int(at), len(f.node.data)):])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *crashFile) Close() error {
	f.sys.mu.Lock()
	defer f.sys.mu.Unlock()
	if f.lock {
		f.node.locked = false
	}
	return nil
}

func (f *crashFile) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
