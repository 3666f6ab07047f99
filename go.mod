module github.com/silverbranch/bb-telegram-analytics-go

go 1.25.0

require (
	github.com/go-telegram-bot-api/telegram-bot-api/v5 v5.5.1
	github.com/go-telegram/bot v1.11.0
	github.com/google/uuid v1.1.2
	github.com/redis/go-redis/v9 v9.5.5
	gopkg.in/telebot.v3 v3.3.6
)

require (
	github.com/cespare/xxhash/v2 v2.2.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
)
