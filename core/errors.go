package bb

import (
	"errors"
	"fmt"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/endpoint"
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

// DeliveryError says why the API does not take events, and what to do. What
// [Client.Check], [Client.Flush] and [Client.Shutdown] return holds one, for
// [errors.As], where a request failed. It holds neither the integration key nor
// anything of an event.
type DeliveryError struct {
	Status    int    // HTTP status; 0: there was no answer
	Cause     string // what was seen: "HTTP 401", "connection refused"
	Remedy    string // what to do; "" where waiting is all there is to do
	Permanent bool   // no event will be taken until a person changes a setting
	Err       error  // the network error, if that is what it was: errors.Is sees through it, errors.As does not
}

func (e *DeliveryError) Error() string {
	return (*endpoint.Problem)(e).Error()
}

// Unwrap returns the network error, if that is what it was.
func (e *DeliveryError) Unwrap() error { return e.Err }

// deliveryError joins what ended a call with why events could not be delivered.
// Either may be nil.
func deliveryError(why *endpoint.Problem, ended error) error {
	if why == nil {
		return ended
	}
	public := DeliveryError(*why)
	if ended == nil {
		return &public
	}
	return fmt.Errorf("%w; %w", ended, &public)
}
