//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package endpoint

import (
	"net"
	"syscall"
)

// look shows whether anything can be read from a socket, without waiting and
// without reading it.
type look struct {
	raw     syscall.RawConn // nil: it is no socket of the system
	peek    func(fd uintptr) (done bool)
	nothing bool
}

func newLook(socket net.Conn) *look {
	l := new(look)
	if s, ok := socket.(syscall.Conn); ok {
		l.raw, _ = s.SyscallConn()
	}
	l.peek = func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		l.nothing = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	}
	return l
}

// quiet reports whether the peer has neither closed the connection nor sent
// anything.
func (l *look) quiet() bool {
	return l.raw == nil || l.raw.Read(l.peek) == nil && l.nothing
}
