//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package bbdisk

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lock holds path until it is closed or the process ends, however it ends.
func lock(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = ErrInUse
	default:
		err = os.NewSyscallError("flock", err)
	}
	return nil, errors.Join(err, f.Close())
}

// syncDir makes the names in a folder safe.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
