package bbredis

import (
	"reflect"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/throttle"
)

// layout is the version of what stands under the keys. Replicas of two layouts
// do not see each other's events.
const layout = "v2"

// keys are the names of all that one prefix has in Redis.
type keys struct{ events, ready, later, leased, user string }

// newKeys returns those of a prefix. One that begins with a closing brace has those
// of the same with bb before it.
func newKeys(prefix string) keys {
	if prefix == "" || prefix[0] == '}' { // an empty hash tag is none
		prefix = "bb" + prefix
	}
	tag := "{" + prefix + "}:" + layout + ":"
	return keys{
		events: tag + "events", ready: tag + "ready", later: tag + "later", leased: tag + "leased",
		user: prefix + ":" + layout + ":user:", // without a tag: a cluster spreads them
	}
}

// all are the keys of the outbox, in the order that the scripts expect.
func (k keys) all() []string { return []string{k.events, k.ready, k.later, k.leased} }

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
