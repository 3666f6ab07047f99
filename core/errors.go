package bb

import (
	"errors"
	"fmt"
)

// ErrDisabled is returned by [Client.Check] of a nil or disabled client.
var ErrDisabled = errors.New("bb: the client is nil or disabled: look at the error of New, or set " + EnvEnabled + "=true")

// ConfigError says which setting of [Config] cannot be used, and what to do.
// It never holds the integration key.
type ConfigError struct {
	Field    string // name in Config: "BaseURL"
	Variable string // environment variable that sets it; "" if none does
	Reason   string // what is wrong and what to set instead
}

func (e *ConfigError) Error() string {
	if e.Variable == "" {
		return fmt.Sprintf("bb: Config.%s: %s", e.Field, e.Reason)
	}
	return fmt.Sprintf("bb: Config.%s (%s): %s", e.Field, e.Variable, e.Reason)
}
