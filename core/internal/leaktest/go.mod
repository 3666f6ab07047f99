module github.com/silverbranch/bb-telegram-analytics-go/core/internal/leaktest

go 1.25.0

replace github.com/silverbranch/bb-telegram-analytics-go => ../../..

require (
	github.com/go-telegram-bot-api/telegram-bot-api/v5 v5.5.1
	github.com/go-telegram/bot v1.15.0
	github.com/redis/go-redis/v9 v9.5.5
	github.com/silverbranch/bb-telegram-analytics-go v0.0.0-00010101000000-000000000000
	go.uber.org/goleak v1.3.0
	gopkg.in/telebot.v3 v3.3.8
)

require (
	github.com/cespare/xxhash/v2 v2.2.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
	github.com/google/uuid v1.1.2 // indirect
)
