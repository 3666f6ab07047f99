package main

import (
	"embed"
	"strings"
)

// The bots as they are written: the page shows the lines that count.
//
//go:embed telebot.go tgbotapi.go gotelegram.go
var source embed.FS

// codeOf returns the line of a library's bot that holds a text behind the
// adapter's or the core's package name; "": there is none.
func codeOf(library, text string) string {
	file, _ := source.ReadFile(library + ".go")
	for line := range strings.Lines(string(file)) {
		if _, call, ours := strings.Cut(line, "bb"); ours && strings.Contains(call, text) {
			return strings.TrimRight(strings.TrimSpace(line), ",{ ")
		}
	}
	return ""
}
