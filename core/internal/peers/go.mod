module github.com/silverbranch/bb-telegram-analytics-go/core/internal/peers

go 1.25.0

replace github.com/silverbranch/bb-telegram-analytics-go => ../../..

require (
	github.com/silverbranch/bb-telegram-analytics-go v0.0.0-00010101000000-000000000000
	go.etcd.io/bbolt v1.4.3
)

require golang.org/x/sys v0.29.0 // indirect
