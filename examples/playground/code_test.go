package main

import "testing"

// The page shows code that the bots run.
func TestCodeOnThePage(t *testing.T) {
	want := map[string]string{
		"telebot":    "bbtelebot.Attach(bot, client)",
		"tgbotapi":   "for ctx, update := range bbtgbotapi.Range(ctx, client, api, updates)",
		"gotelegram": "bot.WithMiddlewares(bbgotelegram.Middleware(client))",
	}
	for _, library := range cast().Libraries {
		if library.Line != want[library.Name] || library.Choice == "" {
			t.Errorf("%s: %q and %q, want %q", library.Name, library.Line, library.Choice, want[library.Name])
		}
	}
}
