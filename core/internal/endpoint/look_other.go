//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package endpoint

import "net"

// look cannot look here. A connection that the peer has closed shows when it is
// used, and costs a silent repeat.
type look struct{}

func newLook(net.Conn) *look { return nil }

func (*look) quiet() bool { return true }
