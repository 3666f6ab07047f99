// Package peers measures this module beside what else could do its work. It is
// a module of its own so that nobody inherits its requirements.
package peers
