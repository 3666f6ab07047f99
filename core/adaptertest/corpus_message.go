package adaptertest

var textCases = []testCase{
	{
		name: "message/text", why: "the most usual update; its text is never sent",
		kind: "message", content: text(`"hello"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/command", why: "commands are opt-in",
		kind: "message", content: text(`"/help me"`),
		user: alice, chat: private, want: []event{activity}, captured: []event{used("help"), activity},
	},
	{
		name: "message/command by name", why: "addressed to this bot",
		kind: "message", content: textIn("$group", `"/help@test_bot"`),
		user: alice, chat: group, want: []event{activity}, captured: []event{used("help"), activity},
	},
	{
		name: "message/command of another bot", why: "addressed to another bot",
		kind: "message", content: textIn("$group", `"/help@other_bot"`),
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/slash", why: "no command",
		kind: "message", content: text(`"/"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/bell", why: "telebot takes it for malicious and stops",
		kind: "message", content: text(`"\u0007/start"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/emoji and zero bytes", why: "texts can be anything",
		kind: "message", content: text(`"\u0000👩‍👩‍👧 /start"`),
		user: alice, chat: private, want: []event{activity},
	},
}

var senderCases = []testCase{
	{
		name: "message/anonymous admin", why: "GroupAnonymousBot stands in for the group",
		kind: "message", content: `{$head,"from":$anonymous,"sender_chat":$supergroup,"chat":$supergroup,"text":"hello"}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/as a channel", why: "Channel_Bot stands in for the channel",
		kind: "message", content: `{$head,"from":$channelbot,"sender_chat":$channel,"chat":$supergroup,"text":"hello"}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/automatic forward", why: "user 777000 stands in for the linked channel, and is not marked as a bot",
		kind: "message", content: `{$head,"from":$telegram,"sender_chat":$channel,"chat":$supergroup,"is_automatic_forward":true,"text":"news"}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/from Telegram", why: "user 777000 is no person even without sender_chat",
		kind: "message", content: `{$head,"from":$telegram,"chat":$private,"text":"login code"}`,
		user: nobody, chat: private, want: []event{activity},
	},
	{
		name: "message/from a bot", why: "bots are no persons",
		kind: "message", content: `{$head,"from":$robot,"chat":$group,"text":"beep"}`,
		user: nobody, chat: group, want: []event{activity},
	},
	{
		name: "message/pinned by the bot", why: "Telegram delivers the bot's own service messages",
		kind: "message", content: `{$head,"from":$self,"chat":$group,"pinned_message":{"message_id":9,"date":1600000000,"from":$alice,"chat":$group,"text":"/start"}}`,
		user: nobody, chat: group, want: []event{activity},
	},
	{
		name: "message/on behalf of a chat", why: "sender_chat says that a chat acted, whoever stands in for it",
		kind: "message", content: `{$head,"from":$bob,"sender_chat":$channel,"chat":$supergroup,"text":"/start"}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/without sender", why: "from is optional",
		kind: "message", content: `{$head,"chat":$group,"text":"hello"}`,
		user: nobody, chat: group, want: []event{activity},
	},
}

var messageCases = []testCase{
	{
		name: "message/photo", why: "media with a caption",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"photo":[{"file_id":"p","file_unique_id":"u","width":1,"height":1}],"caption":"me"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/pinned by a person", why: "the pinned message has another sender and another text",
		kind: "message", content: `{$head,"from":$alice,"chat":$group,"pinned_message":{"message_id":9,"date":1600000000,"from":$bob,"chat":$group,"text":"/start"}}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/member joined", why: "the sender added somebody",
		kind: "message", content: `{$head,"from":$alice,"chat":$group,"new_chat_members":[$bob]}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/reply", why: "the message replied to has another sender and another text",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"reply_to_message":{"message_id":9,"date":1600000000,"from":$self,"chat":$private,"text":"/start"},"text":"yes"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/story", why: "telebot has no handler for it",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"story":{"id":1,"chat":$channel}}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/empty", why: "no field but the id: nothing may be taken for granted",
		kind: "message", content: `{"message_id":11}`,
		user: nobody, chat: nowhere, want: []event{activity},
	},
	{
		name: "edited_message", why: "an edit is activity",
		kind: "edited_message", content: `{$head,"edit_date":1700000009,"from":$alice,"chat":$private,"text":"hello!"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "channel_post", why: "nobody's: a channel has no sender",
		kind: "channel_post", content: `{$head,"sender_chat":$channel,"chat":$channel,"text":"news"}`,
		user: nobody, chat: channel, want: []event{activity},
	},
	{
		name: "channel_post/pinned", why: "telebot's Message is the pinned message",
		kind: "channel_post", content: `{$head,"sender_chat":$channel,"chat":$channel,"pinned_message":{"message_id":9,"date":1600000000,"chat":$supergroup,"from":$bob,"text":"old"}}`,
		user: nobody, chat: channel, want: []event{activity},
	},
	{
		name: "edited_channel_post", why: "nobody's",
		kind: "edited_channel_post", content: `{$head,"edit_date":1700000009,"sender_chat":$channel,"chat":$channel,"text":"news!"}`,
		user: nobody, chat: channel, want: []event{activity},
	},
}
