package bb

import (
	"os"
	"strings"
)

// Environment variables read by [ConfigFromEnv]; the same as those of the
// Python SDK.
const (
	EnvEnabled        = "BB_ANALYTICS_ENABLED"
	EnvBaseURL        = "BB_API_BASE_URL"
	EnvIntegrationKey = "BB_INTEGRATION_KEY"
)

// ConfigFromEnv returns a Config with Enabled, BaseURL and IntegrationKey read
// from the environment. White space around the values is dropped. Enabled is
// "true", "1" or "yes" in any case; anything else is off.
func ConfigFromEnv() Config {
	return Config{
		Enabled:        isOn(env(EnvEnabled)),
		enabledAs:      env(EnvEnabled),
		BaseURL:        env(EnvBaseURL),
		IntegrationKey: Secret(env(EnvIntegrationKey)),
	}
}

func env(name string) string { return strings.TrimSpace(os.Getenv(name)) }

func isOn(value string) bool {
	switch strings.ToLower(value) {
	case "true", "1", "yes":
		return true
	}
	return false
}
