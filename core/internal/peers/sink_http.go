package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// readRequest reads a request to its end and returns its path.
func readRequest(r *bufio.Reader) (path string, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", err
	}
	parts := bytes.SplitN(line, []byte(" "), 3)
	if len(parts) != 3 {
		return "", fmt.Errorf("the request line %q has no path", line)
	}
	path = string(parts[1])
	length, chunked := 0, false
	for head := len(line); ; {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if head += len(line); head > maxHead {
			return "", fmt.Errorf("a head of more than %d bytes", maxHead)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return "", err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked"))
		}
	}
	if chunked {
		return path, skipChunks(r)
	}
	return path, skip(r, length)
}

func skip(r *bufio.Reader, length int) error {
	if length > maxBody {
		return fmt.Errorf("a body of %d bytes, more than %d", length, maxBody)
	}
	_, err := r.Discard(length)
	return err
}

// skipChunks reads a chunked body without trailers.
func skipChunks(r *bufio.Reader) error {
	for left := maxBody; left > 0; {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		left -= int(size)
		if err := skip(r, int(size)+len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
	return errors.New("a chunked body that is too long")
}
