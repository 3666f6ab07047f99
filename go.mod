module github.com/silverbranch/bb-telegram-analytics-go

go 1.25.0

require (
	github.com/go-telegram-bot-api/telegram-bot-api/v5 v5.5.1
	github.com/go-telegram/bot v1.15.0
	github.com/google/uuid v1.1.2
	gopkg.in/telebot.v3 v3.3.8
)
