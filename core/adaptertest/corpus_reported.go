package adaptertest

// Other updates as people reported them.
var reportedCases = []testCase{
	{
		name: "callback_query/in a business chat", why: "a button under what the bot wrote for the owner: people there never met the bot",
		kind: "callback_query", content: `{"id":"1","from":{"id":7002,"is_bot":false,"first_name":"Cust"},"message":{$head,"business_connection_id":"b","sender_business_bot":$self,"from":{"id":7001,"is_bot":false,"first_name":"Shop","is_premium":true},"chat":{"id":7002,"type":"private","first_name":"Cust"},"text":"Choose"},"chat_instance":"1","data":"yes"}`,
		user: 7002, chat: chat{7002, "private"}, at: now, want: []event{}, captured: []event{pressed("yes"), activity},
		field: "business_connection_id", blind: &blind{user: 7002, want: []event{activity}, captured: []event{pressed("yes"), activity}},
	},
	{
		name: "business_connection/disabled", why: "its date is that of its beginning",
		kind: "business_connection", content: `{"id":"b","user":{"id":7001,"is_bot":false,"first_name":"Shop","is_premium":true},"user_chat_id":7001,"date":1700000000,"is_enabled":false}`,
		user: owner, chat: chat{id: 7001}, at: now, want: []event{activity},
	},
	{
		name: "edited_channel_post/views", why: "a counter moved",
		kind: "edited_channel_post", content: `{"message_id":5,"date":1700000000,"chat":$channel,"sender_chat":$channel,"text":"x"}`,
		user: nobody, chat: channel, at: now, want: []event{activity},
	},
	{
		name: "subscription/failed", why: "the payment failed; the person may have left months ago",
		kind: "subscription", content: `{"user":$alice,"invoice_payload":"p","state":"failed"}`,
		named: alice, user: nobody, chat: nowhere, at: now, want: []event{activity},
	},
	{
		name: "subscription/active", why: "the person turned it on again",
		kind: "subscription", content: `{"user":$alice,"invoice_payload":"p","state":"active"}`,
		user: alice, chat: nowhere, at: now, want: []event{activity},
	},
	{
		name: "chat_boost/giveaway", why: "the winner clicked nothing",
		kind: "chat_boost", content: `{"chat":$channel,"boost":{"boost_id":"b","add_date":1700000000,"expiration_date":1700000009,"source":{"source":"giveaway","giveaway_message_id":3,"user":$alice}}}`,
		named: alice, user: nobody, chat: channel, at: now, want: []event{activity},
	},
	{
		name: "stopped_message_generation/private", why: "a user stopped it: nobody else is in the chat",
		kind: "stopped_message_generation", content: `{"chat":$private,"draft_id":7}`,
		user: alice, chat: private, at: now, want: []event{activity}, onlyID: true,
	},
	{
		name: "managed_bot/token", why: "its token changed: the owner acted",
		kind: "managed_bot", content: `{"user":$alice,"bot":$robot}`,
		user: alice, chat: nowhere, at: now, want: []event{activity},
	},
	{
		name: "channel_post/signed", why: "a channel with profiles: a person wrote it",
		kind: "channel_post", content: `{"message_id":5,"date":1700000000,"chat":$channel,"author_signature":"Ann","text":"x","from":$alice}`,
		user: alice, chat: channel, at: messageDate, want: []event{activity},
	},
	{
		name: "chat_member/by an anonymous admin", why: "GroupAnonymousBot stands in",
		kind: "chat_member", content: `{"chat":$supergroup,"from":$anonymous,"date":1700000000,"old_chat_member":{"user":$bob,"status":"member"},"new_chat_member":{"user":$bob,"status":"kicked","until_date":0}}`,
		user: nobody, chat: supergroup, at: now, want: []event{activity},
	},
	{
		name: "message_reaction_count/paid", why: "nobody in particular; a counter moved",
		kind: "message_reaction_count", content: `{"chat":$channel,"message_id":9,"date":1700000000,"reactions":[{"type":{"type":"paid"},"total_count":3}]}`,
		user: nobody, chat: channel, at: now, want: []event{activity},
	},
	{
		name: "chat_join_request/with invite link", why: "the creator of the link did nothing; a request stands until it is answered",
		kind: "chat_join_request", content: `{"chat":$supergroup,"from":$alice,"user_chat_id":1001,"date":1700000000,"bio":"x","invite_link":{"invite_link":"https://t.me/+x","creator":$bob,"creates_join_request":true,"is_primary":false,"is_revoked":false}}`,
		user: alice, chat: supergroup, at: now, want: []event{activity},
	},
	{
		name: "widget_query", why: "Bot API 10.4: a person used it",
		kind: "widget_query", content: `{"id":"1","from":$alice,"chat":$private,"message_id":5,"chat_instance":"1","type":{"type":"data"},"data":"tap"}`,
		user: alice, chat: private, at: now, want: []event{activity},
	},
	{
		name: "message_reaction_count/list", why: "reactions is a list",
		kind: "message_reaction_count", content: `{"chat":$channel,"message_id":9,"date":1700000000,"reactions":[{"type":{"type":"emoji","emoji":"❤"},"total_count":1}]}`,
		user: nobody, chat: channel, at: now, want: []event{activity},
	},
	{
		name: "my_chat_member/blocked while the bot was down", why: "the update has a date of its own",
		kind: "my_chat_member", content: `{"chat":$private,"from":$alice,"date":1700000000,"old_chat_member":{"user":$self,"status":"member"},"new_chat_member":{"user":$self,"status":"kicked","until_date":0}}`,
		user: alice, chat: private, at: messageDate, want: []event{}, captured: []event{blocked},
	},
	{
		name: "my_chat_member/date ahead", why: "a clock ahead of ours: now",
		kind: "my_chat_member", content: `{"chat":$private,"from":$alice,"date":4000000000,"old_chat_member":{"user":$self,"status":"kicked","until_date":0},"new_chat_member":{"user":$self,"status":"member"}}`,
		user: alice, chat: private, at: now, want: []event{activity}, captured: []event{unblocked, activity},
	},
	{
		name: "empty/getUpdates", why: "the whole answer is no update",
		raw: `{"ok":true,"result":[{"update_id":5,"message":{"message_id":11,"from":{"id":1001,"is_bot":false,"first_name":"Ann","language_code":"en","is_premium":true},"chat":{"id":1001,"type":"private","first_name":"Ann"},"date":1700000000,"text":"/start"}}]}`, noID: true,
		user: nobody, chat: nowhere, want: []event{activity},
	},
	{
		name: "inline_query/with chat_type", why: "the type of a chat is known, the chat is not",
		kind: "inline_query", content: `{"id":"1","from":$alice,"query":"cats","offset":"","chat_type":"supergroup"}`,
		user: alice, chat: nowhere, at: now, want: []event{activity},
	},
	{
		name: "chat_boost/while the bot was down", why: "add_date is when the person boosted",
		kind: "chat_boost", content: `{"chat":$channel,"boost":{"boost_id":"b","add_date":1700000000,"expiration_date":1800000000,"source":{"source":"premium","user":$alice}}}`,
		user: alice, chat: channel, at: messageDate, want: []event{activity},
	},
	{
		name: "business_connection/while the bot was down", why: "the person connected it then",
		kind: "business_connection", content: `{"id":"b","user":$alice,"user_chat_id":1001,"date":1700000000,"is_enabled":true}`,
		user: alice, chat: chat{id: alice}, at: messageDate, want: []event{activity},
	},
	{
		name: "chat_member/while the bot was down", why: "the update has a date of its own",
		kind: "chat_member", content: `{"chat":$supergroup,"from":$alice,"date":1700000000,"old_chat_member":{"user":$bob,"status":"member"},"new_chat_member":{"user":$bob,"status":"kicked","until_date":0}}`,
		user: alice, chat: supergroup, at: messageDate, want: []event{activity},
	},
	{
		name: "message_reaction/while the bot was down", why: "the update has a date of its own",
		kind: "message_reaction", content: `{"chat":$supergroup,"message_id":9,"user":$alice,"date":1700000000,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}`,
		user: alice, chat: supergroup, at: messageDate, want: []event{activity},
	},
	{
		name: "shared_widget_query", why: "Bot API 10.4: a person used it",
		kind: "shared_widget_query", content: `{"id":"1","from":$alice,"data":"tap"}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
}
