// Package bbdisk keeps events in a folder on local disk until they are
// delivered, so that they survive a crash or a restart of the bot.
//
//	box, err := bbdisk.Open("/var/lib/mybot/events")
//	if err != nil {
//		log.Printf("events are kept in memory only: %v", err)
//	}
//	client, err := bb.New(bb.Config{Outbox: box, ...}) // owns box: Close closes it
//
// # Guarantees
//
// Once Send has returned, the event survives the end of the process, SIGKILL
// included. A power failure takes at most the last second, and nothing with
// [WithFsync]. An event leaves the folder only when it was delivered or given
// up; it may be delivered again after a crash, under the same idempotency key.
// Age, attempts and delays survive too.
//
// If an fsync fails, what it was for counts as not written: the log says so, and
// a power failure may take it. What was on disk before stays there. After a power
// failure [Open] skips what was half written; what is known to have been on disk
// and is damaged makes it refuse the folder.
//
// While the folder cannot be written to, as on a full disk, up to 10 000 events
// or 16 MiB are kept in memory, the failure is logged, and they move to disk
// when it can be written to again. What cannot be read any more is dropped,
// counted and logged, one event at a time.
//
// # Folder
//
// The folder belongs to one client: a second [Open] returns [ErrInUse] at once,
// on Unix and Windows; elsewhere nothing stops it. Only its owner can read it,
// for payloads are personal data. It never holds the integration key. Foreign
// folders and dot-files in it are ignored. Network file systems may not keep
// these promises.
//
// A waiting event takes up its JSON and 38 bytes. The folder takes up at most
// twice what waits plus 24 MiB, and about once while nothing is delivered; more
// while fsync fails. [WithLimits] bounds what waits. Close leaves no segment if
// nothing waits.
//
// # Format
//
// The log is a sequence of files, segments, of 8 MiB. A segment is written from
// its beginning to its end by one process, then only read, and removed when
// nothing in it is needed: see segment.go for its header, record.go for its
// records, compact.go for removal and recover.go for what Open does with whatever
// it finds.
package bbdisk
