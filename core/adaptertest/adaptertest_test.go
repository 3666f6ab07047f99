package adaptertest_test

import (
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/adaptertest"
)

// Package bb can be used without any library: it is the first to pass.
func TestCoreConforms(t *testing.T) {
	adaptertest.Run(t, adaptertest.Harness{
		Entries: []adaptertest.Entry{{Name: "UpdateFromJSON", New: newBot}},
		Gaps: map[string]adaptertest.Gap{
			"empty/null":       adaptertest.Undecodable,
			"empty/object":     adaptertest.Undecodable,
			"empty/getUpdates": adaptertest.Undecodable,
		},
	})
}

func newBot(_ testing.TB, client *bb.Client, handler func(*bb.Tracker)) func([]byte) error {
	return func(raw []byte) error {
		u, err := bb.UpdateFromJSON(raw, adaptertest.BotID, adaptertest.BotUsername)
		if err != nil {
			return err
		}
		handler(client.Observe(u))
		return nil
	}
}
