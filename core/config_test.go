package bb_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

func TestNewSaysWhatIsWrong(t *testing.T) {
	cases := []struct {
		name          string
		cfg           bb.Config
		field, reason string
	}{
		{"no key", bb.Config{}, "IntegrationKey", "is empty"},
		{"blank key", bb.Config{IntegrationKey: " \n"}, "IntegrationKey", "is empty"},
		{"key with a line break inside", bb.Config{IntegrationKey: "a\nb"}, "IntegrationKey", "line break"},
		{"key in quotes", bb.Config{IntegrationKey: `"key"`}, "IntegrationKey", "without quotes"},
		{"key with a Cyrillic letter", bb.Config{IntegrationKey: "кey"}, "IntegrationKey", "no key has"},
		{"no scheme", bb.Config{IntegrationKey: "k", BaseURL: "bb-bot.ru"}, "BaseURL", "https://"},
		{"other scheme", bb.Config{IntegrationKey: "k", BaseURL: "ftp://bb-bot.ru"}, "BaseURL", "https://"},
		{"no host", bb.Config{IntegrationKey: "k", BaseURL: "https://"}, "BaseURL", "host"},
		{"not a URL", bb.Config{IntegrationKey: "k", BaseURL: "https://bb bot"}, "BaseURL", "not a URL"},
		{"key in the URL", bb.Config{IntegrationKey: "k", BaseURL: "https://user:pass@bb-bot.ru"}, "BaseURL", "password"},
		{"query", bb.Config{IntegrationKey: "k", BaseURL: "https://bb-bot.ru/?a=b"}, "BaseURL", "?"},
		{"whole path", bb.Config{IntegrationKey: "k", BaseURL: "https://bb-bot.ru/api/bot/events"}, "BaseURL", "the client adds it"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Enabled = true
			client, err := bb.New(c.cfg)
			var wrong *bb.ConfigError
			if client != nil || !errors.As(err, &wrong) {
				t.Fatalf("New = %v, %v; want a *ConfigError", client, err)
			}
			if wrong.Field != c.field || !strings.Contains(wrong.Reason, c.reason) || wrong.Variable == "" {
				t.Errorf("error = %v, want one about %s that says %q", err, c.field, c.reason)
			}
			if strings.Contains(err.Error(), "pass@") {
				t.Errorf("the error quotes a password: %v", err)
			}
		})
	}
}

func TestConfigFromEnv(t *testing.T) {
	for value, want := range map[string]bool{
		"true": true, "TRUE": true, "1": true, "Yes": true, " true\n": true,
		"": false, "0": false, "false": false, "on": false, "enabled": false,
	} {
		t.Setenv(bb.EnvEnabled, value)
		t.Setenv(bb.EnvBaseURL, " https://bb.center/ \n")
		t.Setenv(bb.EnvIntegrationKey, "\tkey\r\n")
		cfg := bb.ConfigFromEnv()
		if cfg.Enabled != want || cfg.BaseURL != "https://bb.center/" || string(cfg.IntegrationKey) != "key" {
			t.Errorf("%s=%q gives %+v", bb.EnvEnabled, value, cfg)
		}
	}
}

func TestSecretDoesNotPrintItself(t *testing.T) {
	type holder struct {
		Key    bb.Secret
		hidden *bb.Secret
	}
	key := bb.Secret(testKey)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%e", "%10s", "%.2s"} {
		text := fmt.Sprintf(verb+" "+verb+" "+verb, key, holder{key, &key}, []bb.Secret{key})
		if strings.Contains(text, testKey) || strings.Contains(text, fmt.Sprintf("%x", testKey)) {
			t.Errorf("%s shows the key: %s", verb, text)
		}
	}
	cfg := bb.Config{IntegrationKey: key}
	var log logLines
	log.logger(slog.LevelInfo).Info("x", "key", key, "config", cfg)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", key)
	asJSON, err := json.Marshal(map[string]any{"key": key, "holder": holder{Key: key}})
	if err != nil {
		t.Fatal(err)
	}
	asXML, err := xml.Marshal(holder{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(log.lines(), string(asJSON), string(asXML), fmt.Sprintf("%+v %#v", cfg, &cfg), key.String(), key.GoString()) {
		if strings.Contains(text, testKey) {
			t.Errorf("the key shows: %s", text)
		}
	}
}
