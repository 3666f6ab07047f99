// Package bbredis lets the replicas of one bot share an outbox and a throttle
// in Redis, so that a replica may die at any moment and a user's activity counts
// once over all of them. It needs Redis 6.2 or newer, or Valkey, alone, with
// Sentinel or as a cluster.
//
//	rdb := redis.NewClient(&redis.Options{Addr: "localhost:6379", ContextTimeoutEnabled: true})
//	defer rdb.Close() // after the client's Close
//	client, err := bb.New(bb.Config{
//		Outbox:   bbredis.NewOutbox(rdb, "mybot"),
//		Throttle: bbredis.NewThrottle(rdb, "mybot"),
//	})
//	defer client.Close()
//
// All replicas of a bot use one prefix, and one Config.Timeout. Another bot uses
// another prefix.
//
// # Guarantees
//
// Send never waits for Redis. An event is handed over within 10 ms while Redis
// is up; bb.Stats counts it as HandedOver. From then on some replica delivers
// it, at least once and always under the same idempotency key, as long as Redis
// keeps it: that takes appendonly yes, appendfsync always and maxmemory-policy
// noeviction. What a dead replica was sending is sent by another within half a
// minute, unless Config.Timeout is longer than its default: its lease ends after
// twice what a request may take.
//
// While Redis is away, up to 10 000 events or 16 MiB wait in memory and move
// over within five seconds of its return, and activity is throttled by each process alone. An
// event whose hand-over was not answered is handed over again and may be
// delivered twice, under its one key. A client whose Outbox is closed while
// Redis is away loses what waits in its memory, and reports it.
//
// # Time
//
// A round trip gets two seconds. go-redis keeps to that while it reads and
// writes only with ContextTimeoutEnabled; else its own ReadTimeout and
// WriteTimeout hold, three seconds unless set. After a failed round trip
// nothing is taken for a second.
//
// All times in Redis are of its clock, and when an activity happened too, unless
// Telegram dated it. The clocks of replicas decide nothing.
//
// # Keys
//
// All names begin with {mybot}:v2: for events, or with mybot:v2:user: for activities;
// v2 is the version of the layout. docs/replicas.md has what each holds. To drop all
// that waits, delete {mybot}:v2:events. The integration key is in none of them;
// payloads are, so Redis holds personal data.
package bbredis
