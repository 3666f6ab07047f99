// Package leaktest looks for goroutines that are left behind. It is a module
// of its own so that nobody inherits its requirements.
package leaktest
