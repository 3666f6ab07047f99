//go:build !race

package bbdisk

const raceEnabled = false
