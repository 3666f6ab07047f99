//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package delivery

import (
	"net"
	"syscall"
)

// quiet reports whether the peer has neither closed a connection nor sent
// anything that was not read. It does not wait.
func quiet(socket net.Conn) bool {
	s, ok := socket.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return false
	}
	var nothing bool
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		nothing = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return err == nil && nothing
}
