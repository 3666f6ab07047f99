// Package crashtest is a disk for tests, below core/disk: it can be full or ill,
// and the process or the machine on it can end at any point.
package crashtest

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
)

// Disk is a file system in memory. A crash of the machine keeps what was synced
// and, of all else, any part in any order: writes torn at any byte, holes of zeros,
// names that came and went. Safe for concurrent use, but for its fields, which are
// set before it is used.
type Disk struct {
	Step   func()          // called before, in the middle of and after each change
	Broken func(Sync) bool // a sync that this is true of is left out; nil: none is

	mu    sync.Mutex // guards what follows
	names map[string]*node
	safe  map[string]*node // names that are on disk
	loose []naming         // since then
	room  int              // bytes that can still be written
	ill   error            // what all that writes fails with; nil: it works
	open  int              // files
	rng   *rand.Rand
}

// Sync describes one to a mutant of the disk.
type Sync struct {
	Dir       bool
	Inherited bool   // of a file that an earlier process wrote
	After     string // what was done last but syncs: create, mkdir, write or remove
}

// Plenty is room for whatever a test writes.
const Plenty = 1 << 30

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

// Folder is one that can be made.
const Folder = "/m/events"

// New returns an empty disk, whose crashes are drawn from a seed.
func New(seed uint64) *Disk {
	root := map[string]*node{"/": {dir: true}, "/m": {dir: true}}
	return &Disk{names: root, safe: maps.Clone(root), room: Plenty, rng: rand.New(rand.NewPCG(seed, 77)), Step: func() {}}
}

// With puts files into the folder.
func (d *Disk) With(files map[string]string) *Disk {
	d.names[Folder] = &node{dir: true}
	for name, data := range files {
		d.names[filepath.Join(Folder, name)] = &node{data: []byte(data)}
	}
	return d
}

// Process returns what a process sees of the disk.
func (d *Disk) Process() filesystem.FileSystem { return &process{Disk: d} }

// SetRoom sets how many bytes can still be written.
func (d *Disk) SetRoom(bytes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room = bytes
}

// Room is how many bytes can still be written.
func (d *Disk) Room() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.room
}

// SetIll lets all that writes and syncs fail; nil: nothing does.
func (d *Disk) SetIll(with error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ill = with
}

// Open is how many files are open.
func (d *Disk) Open() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open
}

// Names is how many names there are.
func (d *Disk) Names() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.names)
}

// Read returns what a file holds, and whether it is there.
func (d *Disk) Read(path string) (data []byte, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.names[path]
	if n == nil {
		return nil, false
	}
	return slices.Clone(n.data), true
}

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

// AfterKill is the disk that the next process finds: all that was written.
func (d *Disk) AfterKill() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := &Disk{room: d.room, ill: d.ill, rng: rand.New(rand.NewPCG(d.rng.Uint64(), 77)), Step: func() {}, Broken: d.Broken}
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

// AfterPowerFailure is the disk that the next machine finds.
func (d *Disk) AfterPowerFailure() *Disk {
	next := d.AfterKill()
	next.names = next.safe
	rng := next.rng
	rng.Shuffle(len(next.loose), func(i, j int) { next.loose[i], next.loose[j] = next.loose[j], next.loose[i] })
	for _, l := range next.loose {
		switch {
		case rng.IntN(2) == 0:
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
	for _, path := range slices.Sorted(maps.Keys(next.names)) {
		n := next.names[path]
		n.data = n.safe
		rng.Shuffle(len(n.loose), func(i, j int) { n.loose[i], n.loose[j] = n.loose[j], n.loose[i] })
		for _, c := range n.loose {
			from, to := 0, len(c.data)
			switch rng.IntN(4) {
			case 0:
				continue
			case 1:
				to = rng.IntN(to + 1)
			case 2:
				from = rng.IntN(to + 1)
			}
			c.at, c.data = c.at+from, c.data[from:to]
			n.data = c.apply(n.data)
		}
		n.safe, n.loose = slices.Clone(n.data), nil
	}
	next.safe, next.loose = maps.Clone(next.names), nil
	return next
}
