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
// up; what was delivered in the last second before a crash may be delivered again,
// under the same idempotency key. Age, attempts and delays survive too. Time
// between two processes counts if the clock makes it 0 to 14 days.
//
// Nothing that is wrong with the disk stops the bot, and what is wrong is logged.
// While the folder cannot be written to, is full or away, up to 10 000 events or
// 16 MiB are kept in memory, and move to disk within a second of its return. What
// is damaged is skipped, and its file, of the last four at most, is kept beside as
// .damaged; everything whole is delivered. What cannot be read any more
// is dropped, counted and logged, one event at a time. If an fsync fails, what it
// was for counts as not written: the log says so, and a power failure may take it.
//
// # Folder
//
// The folder belongs to one client: a second [Open] returns [ErrInUse] at once.
// Locked is the folder itself, on Windows a file in it that cannot be removed; the
// package does not compile for systems that lock no files. Only its owner can read
// the folder, for payloads are personal data. It never holds the integration key.
// Foreign folders and dot-files in it are ignored. Network file systems may not
// keep these promises. A folder that is deleted or emptied is begun anew within a
// second, with the events of the file that was written last.
//
// A waiting event takes up its JSON and 54 bytes. The folder takes up at most
// twice what waits plus 24 MiB, and about once while nothing is delivered; more
// while fsync fails, and 32 MiB of damaged files. [WithLimits] bounds what waits.
// Close leaves no segment if nothing waits.
//
// # Format
//
// The log is a sequence of files, segments, of 8 MiB. A segment is written from
// its beginning to its end by one process, then only read, and removed when
// nothing in it is needed: see segment.go for its header, record.go for its
// records, compact.go for removal and recover.go for what Open does with whatever
// it finds.
package bbdisk
