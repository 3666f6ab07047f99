//go:build !windows

package filesystem

import (
	"errors"
	"os"
	"syscall"
)

const openFlag = os.O_RDONLY

// LockPath is the folder itself: who cleans up inside it cannot take it away.
func LockPath(dir string) string { return dir }

func lock(dir string) (*os.File, error) {
	const writeAndSearch = 2 | 1
	if err := syscall.Access(dir, writeAndSearch); errors.Is(err, syscall.EACCES) {
		return nil, &os.PathError{Op: "write to", Path: dir, Err: err}
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
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

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
