package bb

import "time"

// Payload is what an event says beyond who and when. The API expects it flat,
// with snake_case keys and JSON values, and without secrets.
type Payload map[string]any

// Names of the events that the dashboard knows. Any other snake_case name may
// be sent too.
const (
	EventUserStarted  = "user_started"  // a person opened the bot with /start
	EventChoiceMade   = "choice_made"   // a person chose something
	EventActivity     = "activity"      // a person did anything; throttled, see Config.ActivityWindow
	EventCommandUsed  = "command_used"  // a person sent a command, see Capture.Commands
	EventBotBlocked   = "bot_blocked"   // a person blocked the bot, see Capture.Blocks
	EventBotUnblocked = "bot_unblocked" // a person unblocked the bot, see Capture.Blocks

	EventPaymentSucceeded = "payment_succeeded" // a person paid, see Capture.Payments
	EventPaymentRefunded  = "payment_refunded"  // the bot gave the money back, see Capture.Payments
)

// Event is one event, as the API takes it.
type Event struct {
	// Name is required; snake_case.
	Name string
	// UserID and ChatID are Telegram ids; 0 is sent as null.
	UserID, ChatID int64
	// Payload may be nil, which is sent as {}. It is serialised inside Send:
	// the caller may change it afterwards.
	Payload Payload
	// OccurredAt is when it happened; zero means now. Retries never move it.
	// It is sent in UTC with microseconds.
	OccurredAt time.Time
	// IdempotencyKey is what the API recognises a repeated event by; "" lets
	// the client make one. Your own should be a UUID.
	IdempotencyKey string
}
