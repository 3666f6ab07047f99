package adaptertest

// People in a business chat never met the bot: their updates are opt-in.
var businessCases = []testCase{
	{
		name: "business_connection", why: "the owner of the account connected the bot; the chat comes as a bare id",
		kind: "business_connection", content: `{"id":"b","user":$alice,"user_chat_id":1001,"date":1700000000,"is_enabled":true}`,
		user: alice, chat: chat{id: alice}, want: []event{activity},
	},
	{
		name: "business_message", why: "opt-in",
		kind: "business_message", content: `{$head,"business_connection_id":"b","from":$alice,"chat":$private,"text":"hello"}`,
		user: alice, chat: private, want: []event{}, captured: []event{activity},
	},
	{
		name: "edited_business_message", why: "opt-in",
		kind: "edited_business_message", content: `{$head,"business_connection_id":"b","edit_date":1700000009,"from":$alice,"chat":$private,"text":"hello!"}`,
		user: alice, chat: private, want: []event{}, captured: []event{activity},
	},
	{
		name: "deleted_business_messages", why: "opt-in; has no user",
		kind: "deleted_business_messages", content: `{"business_connection_id":"b","chat":$private,"message_ids":[9]}`,
		user: nobody, chat: private, want: []event{}, captured: []event{activity},
	},
}

// Kinds that are newer than the libraries.
var futureCases = []testCase{
	{
		name: "managed_bot", why: "Bot API 9.6: the person is in user",
		kind: "managed_bot", content: `{"user":$alice,"bot":$robot}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "guest_message", why: "Bot API 10.0: a message in a chat that the bot is not in, and no command to it",
		kind: "guest_message", content: `{$head,"from":$alice,"chat":$group,"text":"/start@test_bot"}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "subscription", why: "Bot API 10.2: the person is in user",
		kind: "subscription", content: `{"user":$alice}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "stopped_message_generation", why: "Bot API 10.3: has a chat and no user; in a group nobody knows who",
		kind: "stopped_message_generation", content: `{"chat":$group,"draft_id":9}`,
		user: nobody, chat: group, want: []event{activity},
	},
	{
		name: "hologram", why: "a kind that nobody knows yet",
		kind: "hologram", content: `{"from":$alice,"chat":$private,"size":{"x":1}}`,
		user: alice, chat: private, want: []event{activity},
	},
}

var emptyCases = []testCase{
	{
		name: "empty/id", why: "what is left of a kind that a library does not know",
		raw:  `{"update_id":77}`,
		user: nobody, chat: nowhere, want: []event{activity},
	},
	{
		name: "empty/object", why: "a webhook takes anything",
		raw: `{}`, noID: true,
		user: nobody, chat: nowhere, want: []event{activity},
	},
	{
		name: "empty/null", why: "a webhook takes anything; encoding/json leaves an all-zero update",
		raw: `null`, noID: true,
		user: nobody, chat: nowhere, want: []event{activity},
	},
}
