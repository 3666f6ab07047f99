module github.com/silverbranch/bb-telegram-analytics-go/docs/bench

go 1.25.0

replace github.com/silverbranch/bb-telegram-analytics-go => ../..

require (
	github.com/posthog/posthog-go v1.5.2
	github.com/silverbranch/bb-telegram-analytics-go v0.0.0-00010101000000-000000000000
	go.etcd.io/bbolt v1.5.0
	golang.org/x/perf v0.0.0-20250813145418-2f7363a06fe1
	gopkg.in/segmentio/analytics-go.v3 v3.1.0
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/google/uuid v1.3.0 // indirect
	github.com/segmentio/backo-go v1.1.0 // indirect
	github.com/xtgo/uuid v0.0.0-20140804021211-a0b114877d4c // indirect
	golang.org/x/sys v0.45.0 // indirect
)
