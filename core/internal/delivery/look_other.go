//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package delivery

import "net"

// quiet cannot look here. A connection that the peer has closed shows when it is
// used, and costs a silent repeat.
func quiet(net.Conn) bool { return true }
