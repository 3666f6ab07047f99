package bbdisk

import (
	"fmt"
	"os"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// EnvDir is the environment variable that [OpenEnv] reads.
const EnvDir = "BB_OUTBOX_DIR"

// OpenEnv opens the folder that BB_OUTBOX_DIR names, white space around it
// dropped. It returns nil, with which events wait in memory, if the variable is
// not set, and with an error, which is one of [Open]. So a bot can go on with
// whatever it returns:
//
//	cfg := bb.ConfigFromEnv()
//	if cfg.Outbox, err = bbdisk.OpenEnv(); err != nil {
//		log.Printf("events wait in memory: %v", err)
//	}
func OpenEnv() (bb.Outbox, error) {
	dir := strings.TrimSpace(os.Getenv(EnvDir))
	if dir == "" {
		return nil, nil
	}
	if strings.ContainsAny(dir[:1], `"'`) {
		return nil, fmt.Errorf("bbdisk: %s begins with a quote that is part of its value; remove the quotes", EnvDir)
	}
	box, err := Open(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EnvDir, err) // not box: a nil pointer is no nil Outbox
	}
	return box, nil
}
