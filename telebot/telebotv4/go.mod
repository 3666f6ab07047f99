module github.com/silverbranch/bb-telegram-analytics-go/telebot/telebotv4

go 1.25.0

replace github.com/silverbranch/bb-telegram-analytics-go => ../..

require (
	github.com/silverbranch/bb-telegram-analytics-go v0.0.0-00010101000000-000000000000
	gopkg.in/telebot.v4 v4.0.0-beta.10
)

require github.com/google/uuid v1.1.2 // indirect
