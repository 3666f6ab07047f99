//go:build !linux

package main

import "os/exec"

// twoCPUs returns nil: processes are pinned on Linux only.
func twoCPUs() []int { return nil }

func startOn(_ int, cmd *exec.Cmd) error { return cmd.Start() }
