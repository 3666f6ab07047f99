package bbhttp

import (
	"log/slog"
	"sync"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// once says each thing once. Its zero value is ready.
type once struct{ said sync.Map }

func (o *once) warn(client *bb.Client, message, reason string) {
	if _, again := o.said.LoadOrStore(reason, true); !again {
		client.Warn(message, slog.String("reason", reason))
	}
}
