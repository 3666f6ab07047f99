package bb

// kind is what the rules have to know of a kind of updates.
type kind struct {
	name     string
	message  bool   // a new message in a chat of the bot, no matter who wrote it
	edit     bool   // of a message: its own date is that of the message
	business bool   // from the chats of a business account, whose people never met the bot
	number   uint32 // its place in the table, from 1
	standing bool   // asks for something until it is answered, and so is of now, whatever its date
}

// kinds are all kinds of the Bot API up to 10.4, in the order of its
// documentation. The test of examples/telego holds them, and the fields of
// updateContent, against a library that is generated from it.
var kinds = [...]kind{
	{name: "message", message: true},
	{name: "edited_message", edit: true},
	{name: "channel_post", message: true},
	{name: "edited_channel_post", edit: true},
	{name: "business_connection"},
	{name: "business_message", message: true, business: true},
	{name: "edited_business_message", edit: true, business: true},
	{name: "deleted_business_messages", business: true},
	{name: "guest_message"},
	{name: "message_reaction"},
	{name: "message_reaction_count"},
	{name: "inline_query"},
	{name: "chosen_inline_result"},
	{name: "callback_query"},
	{name: "widget_query"},
	{name: "shared_widget_query"},
	{name: "shipping_query"},
	{name: "pre_checkout_query"},
	{name: "purchased_paid_media"},
	{name: "poll"},
	{name: "poll_answer"},
	{name: "my_chat_member"},
	{name: "chat_member"},
	{name: "chat_join_request", standing: true},
	{name: "chat_boost"},
	{name: "removed_chat_boost"},
	{name: "managed_bot"},
	{name: "subscription"},
	{name: "stopped_message_generation"},
}

var kindByName = func() map[string]*kind {
	byName := make(map[string]*kind, len(kinds))
	for i := range kinds {
		kinds[i].number = uint32(i + 1)
		byName[kinds[i].name] = &kinds[i]
	}
	return byName
}()

// kindOf returns what is known of the kind of an update; of one that is not in the
// table, nothing.
func kindOf(u *Update) *kind {
	if u.Kind == "message" { // as most are: no look into the map
		return &kinds[0]
	}
	if k := kindByName[u.Kind]; k != nil {
		return k
	}
	return &unknownKind
}

var unknownKind kind
