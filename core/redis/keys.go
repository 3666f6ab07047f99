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

// orNil returns rdb, or nil if it holds a nil pointer.
func orNil(rdb redis.UniversalClient) redis.UniversalClient {
	if v := reflect.ValueOf(rdb); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	return rdb
}
