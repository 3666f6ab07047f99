package bbredis

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// group is the consumer group of the stream.
const group = "bb"

// keys are the names of all that one prefix has in Redis.
type keys struct{ events, later, ready, attempts, bytes, user string }

// escape keeps braces out of the hash tag, which ends at the first of them.
var escape = strings.NewReplacer("%", "%25", "{", "%7B", "}", "%7D")

func newKeys(prefix string) keys {
	if prefix == "" { // an empty hash tag is none
		prefix = "bb"
	}
	tag := "{" + escape.Replace(prefix) + "}:"
	return keys{
		events: tag + "events", later: tag + "later", ready: tag + "ready",
		attempts: tag + "attempts", bytes: tag + "bytes", user: tag + "user:",
	}
}

// all are the keys of the outbox, in the order that the scripts expect.
func (k keys) all() []string { return []string{k.events, k.later, k.ready, k.attempts, k.bytes} }

func (k keys) throttled(slot throttle.Slot) string {
	return k.user + strconv.FormatUint(uint64(slot), 10)
}

// missing reports whether a client is nil or holds a nil pointer.
func missing(rdb redis.UniversalClient) bool {
	if rdb == nil {
		return true
	}
	v := reflect.ValueOf(rdb)
	return v.Kind() == reflect.Pointer && v.IsNil()
}
