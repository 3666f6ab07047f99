package bbredis

import (
	"context"
	_ "embed" // for the scripts

	"github.com/redis/go-redis/v9"
)

// Each change of state is one script, so that no process sees half of it.
var (
	//go:embed prelude.lua
	preludeSource string
	//go:embed add.lua
	addSource string
	//go:embed settle.lua
	settleSource string
	//go:embed take.lua
	takeSource string
	//go:embed claim.lua
	claimSource string

	addScript    = redis.NewScript(preludeSource + addSource)
	settleScript = redis.NewScript(preludeSource + settleSource)
	takeScript   = redis.NewScript(preludeSource + takeSource)
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

// ints returns the n integers that an answer begins with.
func (c *call) ints(n int) ([]int64, error) {
	if c.err != nil {
		return nil, c.err
	}
	if len(c.answer) < n {
		return nil, errAnswer
	}
	ints := make([]int64, n)
	for i := range ints {
		var ok bool
		if ints[i], ok = c.answer[i].(int64); !ok {
			return nil, errAnswer
		}
	}
	return ints, nil
}

// scripts makes calls. It sends the text of a script when it first needs it, and
// then its hash only. Not safe for concurrent use.
type scripts struct {
	rdb  redis.UniversalClient
	sent map[*redis.Script]bool
}

// run makes all calls in one round trip; in two, where Redis has forgotten a
// script. Each call then has its answer or error, and failed calls do not keep
// later ones from being made.
func (s scripts) run(ctx context.Context, calls []*call) {
	forgotten := s.pipeline(ctx, calls)
	s.pipeline(ctx, forgotten)
}

func (s scripts) pipeline(ctx context.Context, calls []*call) (forgotten []*call) {
	pipe := s.rdb.Pipeline()
	cmds := make([]*redis.Cmd, len(calls))
	for i, c := range calls {
		if s.sent[c.script] {
			cmds[i] = c.script.EvalSha(ctx, pipe, c.keys, c.args...)
		} else {
			cmds[i] = c.script.Eval(ctx, pipe, c.keys, c.args...)
		}
	}
	_, err := pipe.Exec(ctx)
	for i, c := range calls {
		c.answer, c.err = cmds[i].Slice()
		if err != nil && cmds[i].Err() == nil && c.answer == nil { // there was no connection
			c.err = err
		}
		s.sent[c.script] = c.err == nil
		if redis.HasErrorPrefix(c.err, "NOSCRIPT") {
			forgotten = append(forgotten, c)
		}
	}
	return forgotten
}
