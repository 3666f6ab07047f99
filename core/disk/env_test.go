package bbdisk_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// What a bot accepted while the API was down is delivered by its next process.
func TestOpenEnv(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "events")
	t.Setenv(bbdisk.EnvDir, " "+dir+"\n")
	api := bbtest.NewServer(t)
	start := func() *bb.Client {
		box, err := bbdisk.OpenEnv()
		if err != nil {
			t.Fatal(err)
		}
		return api.Client(func(cfg *bb.Config) { cfg.Outbox = box })
	}
	api.Decide(func(bbtest.Request) bbtest.Answer { return bbtest.Answer{Status: 401} })
	client := start()
	client.Send(bb.Event{Name: "order_paid", UserID: 7})
	if box, err := bbdisk.OpenEnv(); box != nil || !errors.Is(err, bbdisk.ErrInUse) || !strings.Contains(err.Error(), bbdisk.EnvDir) {
		t.Errorf("a second client gets %v, %v", box, err)
	}
	if err := client.Close(); err != nil {
		t.Errorf("Close = %v, though the folder keeps the event", err)
	}
	api.Decide(nil)
	start()
	api.Wait("order_paid", 1)
}

func TestOpenEnvWithoutAFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{
		"": "", " \n": "", `"/var/lib/mybot"`: "remove the quotes", file: bbdisk.EnvDir + ": ",
	} {
		t.Setenv(bbdisk.EnvDir, value)
		box, err := bbdisk.OpenEnv()
		if box != nil || (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s=%q: %v, %v; want no outbox, and an error that says %q", bbdisk.EnvDir, value, box, err, want)
		}
	}
}
