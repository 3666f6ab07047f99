module github.com/silverbranch/bb-telegram-analytics-go/core/internal/leaktest

go 1.25.0

replace github.com/silverbranch/bb-telegram-analytics-go => ../../..

require (
	github.com/go-telegram-bot-api/telegram-bot-api/v5 v5.5.1
	github.com/go-telegram/bot v1.15.0
	github.com/silverbranch/bb-telegram-analytics-go v0.0.0-00010101000000-000000000000
	go.uber.org/goleak v1.3.0
	gopkg.in/telebot.v3 v3.3.8
)

require github.com/google/uuid v1.1.2 // indirect
