package repotest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// libraries are versions of bot libraries that people use instead of those in go.mod,
// as lines that go.mod gets. The tests of the adapter pass with each.
var libraries = []struct{ name, adapter, line string }{
	{"the fork of tgbotapi", "tgbotapi", "replace github.com/go-telegram-bot-api/telegram-bot-api/v5 => github.com/OvyFlash/telegram-bot-api v0.0.0-20260826195316-83c4eada97a1"},
	{"go-telegram/bot at Bot API 10.3", "gotelegram", "replace github.com/go-telegram/bot => github.com/go-telegram/bot v1.24.0"},
	{"the last telebot.v3", "telebot", "replace gopkg.in/telebot.v3 => gopkg.in/telebot.v3 v3.3.8"},
}

func TestAdaptersWithOtherLibraries(t *testing.T) {
	if testing.Short() {
		t.Skip("it may have to download them")
	}
	for _, library := range libraries {
		t.Run(library.name, func(t *testing.T) {
			mod := filepath.Join(t.TempDir(), "go.mod")
			write(t, mod, read(t, "go.mod")+"\n"+library.line+"\n")
			write(t, strings.TrimSuffix(mod, "mod")+"sum", read(t, "go.sum"))
			download := exec.Command("go", "mod", "download", "-modfile="+mod)
			download.Dir = root
			if out, err := download.CombinedOutput(); err != nil {
				if strings.Contains(os.Getenv("BB_REQUIRE"), "libraries") {
					t.Fatalf("%v\n%s", err, out)
				}
				t.Skipf("it cannot be downloaded: %v\n%s", err, out)
			}
			goCommand(t, root, "test", "-mod=mod", "-modfile="+mod, "./"+library.adapter)
		})
	}
}
