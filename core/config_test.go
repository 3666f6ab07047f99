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
	key := func(value bb.Secret) bb.Config { return bb.Config{IntegrationKey: value} }
	base := func(value string) bb.Config { return bb.Config{IntegrationKey: "k", BaseURL: value} }
	cases := []struct {
		name          string
		cfg           bb.Config
		field, reason string
	}{
		{"no key", bb.Config{}, "IntegrationKey", "is empty"},
		{"blank key", key(" \n"), "IntegrationKey", "is empty"},
		{"key with a line break inside", key("a\nb"), "IntegrationKey", "holds a space, a line break"},
		{"key in quotes", key(`"0123abcd"`), "IntegrationKey", "holds quotes; remove them"},
		{"key with a comment", key("0123abcd # production"), "IntegrationKey", "holds a comment; remove it"},
		{"nothing but a comment", key("# production"), "IntegrationKey", "holds a comment"},
		{"key with a Cyrillic letter", key("кey"), "IntegrationKey", "no key has"},
		{"key with its header", key("Bearer 0123abcd"), "IntegrationKey", "the client adds that word"},
		{"bot token", key("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"), "IntegrationKey", "is the token of a Telegram bot"},
		{"bot token as in a URL", key("bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"), "IntegrationKey", "is the token of a Telegram bot"},
		{"the address for a key", key(bb.DefaultBaseURL), "IntegrationKey", "is an address"},
		{"placeholder of these docs", key("any-key"), "IntegrationKey", "is a placeholder"},
		{"dots", key("..."), "IntegrationKey", "is a placeholder"},
		{"one dot of three", key("…"), "IntegrationKey", "is a placeholder"},
		{"stars", key("***"), "IntegrationKey", "is a placeholder"},
		{"placeholder in brackets", key("<your key>"), "IntegrationKey", "is a placeholder"},
		{"name of the variable", key("${BB_INTEGRATION_KEY}"), "IntegrationKey", "is a placeholder"},
		{"name of a variable", key("$KEY_OF_BB"), "IntegrationKey", "is the name of a variable"},
		{"name of a variable on Windows", key("%KEY_OF_BB%"), "IntegrationKey", "is the name of a variable"},
		{"no scheme", base("bb-bot.ru"), "BaseURL", "put https:// or http:// before it"},
		{"no scheme, with a port", base("127.0.0.1:7422"), "BaseURL", "put https:// or http:// before it"},
		{"no scheme, name and port", base("localhost:8001"), "BaseURL", "put https:// or http:// before it"},
		{"other scheme", base("ftp://bb-bot.ru"), "BaseURL", "must start with https://"},
		{"no host", base("https://"), "BaseURL", "name a host"},
		{"a word", base("production"), "BaseURL", "must start with https://"},
		{"not a URL", base("https://bb-bot.ru:port"), "BaseURL", "not a URL"},
		{"address with a comment", base("https://bb.center # staging"), "BaseURL", "holds a comment; remove it"},
		{"address in quotes", base("'https://bb.center'"), "BaseURL", "holds quotes"},
		{"address with a space", base("https://bb bot"), "BaseURL", "holds a space"},
		{"address by name", base("${BB_URL}"), "BaseURL", "is the name of a variable"},
		{"key in the URL", base("https://user:pass@bb-bot.ru"), "BaseURL", "password"},
		{"query", base("https://bb-bot.ru/?a=b"), "BaseURL", "?"},
		{"whole path", base("https://bb-bot.ru/api/bot/events"), "BaseURL", "the client adds it"},
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
			for _, secret := range []string{"pass@", "0123abcd", "AAHdq"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error quotes a secret: %v", err)
				}
			}
		})
	}
}

// What looks odd and is none of the above may well be a key.
func TestOddKeysAreTaken(t *testing.T) {
	for _, key := range []bb.Secret{
		"k", "test-key", "bb_live_4f9c", "12345:abc", "a.b.c", "dGVzdA==", "key#1", "A-key-for-anybody", "Bearer-key", "{x}",
	} {
		if _, err := bb.New(bb.Config{Enabled: true, IntegrationKey: key}); err != nil {
			t.Errorf("%s: %v", string(key), err)
		}
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
