package bbdisk_test

import (
	"log"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

func ExampleOpen() {
	cfg := bb.ConfigFromEnv()
	box, err := bbdisk.Open("/var/lib/mybot/events")
	if err != nil {
		log.Printf("events are kept in memory only: %v", err)
	} else {
		cfg.Outbox = box
	}
	client, err := bb.New(cfg)
	if err != nil {
		log.Printf("analytics off: %v", err)
	}
	defer client.Close()
}
