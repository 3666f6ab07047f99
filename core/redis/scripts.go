package bbredis

import (
	"context"
	_ "embed" // for the scripts

	"github.com/redis/go-redis/v9"
)

// Each change of state is one script, so that no process sees half of it.
var (
	//go:embed add.lua
	addSource string
	//go:embed settle.lua
	settleSource string
	//go:embed take.lua
	takeSource string
	//go:embed leave.lua
	leaveSource string
	//go:embed claim.lua
	claimSource string

	addScript    = redis.NewScript(addSource)
	settleScript = redis.NewScript(settleSource)
	takeScript   = redis.NewScript(takeSource)
	leaveScript  = redis.NewScript(leaveSource)
	claimScript  = redis.NewScript(claimSource)
)

// call is one script in a pipeline.
type call struct {
	script *redis.Script
	keys   []string
	args   []any
	answer []any
	err    error
}

// run makes all calls in one round trip; in two, where Redis does not know a
// script. Each call then has its answer or error, and failed calls do not keep
// later ones from being made.
func run(ctx context.Context, rdb redis.UniversalClient, calls []*call) {
	pipeline(ctx, rdb, calls, (*redis.Script).EvalSha)
	var unknown []*call
	for _, c := range calls {
		if redis.HasErrorPrefix(c.err, "NOSCRIPT") {
			unknown = append(unknown, c)
		}
	}
	if len(unknown) > 0 {
		pipeline(ctx, rdb, unknown, (*redis.Script).Eval)
	}
}

type eval func(*redis.Script, context.Context, redis.Scripter, []string, ...any) *redis.Cmd

func pipeline(ctx context.Context, rdb redis.UniversalClient, calls []*call, eval eval) {
	pipe := rdb.Pipeline()
	cmds := make([]*redis.Cmd, len(calls))
	for i, c := range calls {
		cmds[i] = eval(c.script, ctx, pipe, c.keys, c.args...)
	}
	_, err := pipe.Exec(ctx)
	for i, c := range calls {
		c.answer, c.err = cmds[i].Slice()
		if err != nil && cmds[i].Err() == nil && c.answer == nil { // there was no connection
			c.err = err
		}
	}
}
