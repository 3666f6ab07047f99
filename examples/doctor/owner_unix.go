//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// ownerOf is the id of the user whose file it is.
func ownerOf(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return os.Geteuid()
}
