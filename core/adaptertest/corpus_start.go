package adaptertest

var startCases = []testCase{
	{
		name: "message/start", why: "the START button",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start","entities":[{"type":"bot_command","offset":0,"length":6}]}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start with parameter", why: "a deep link; its parameter may be a secret and is opt-in",
		kind: "message", content: text(`"/start ref_42"`),
		user: alice, chat: private, want: []event{started, activity}, captured: []event{startedWith("ref_42"), activity},
	},
	{
		name: "message/start with parameter on the next line", why: "any white space ends the command",
		kind: "message", content: text(`"/start\nref_42"`),
		user: alice, chat: private, want: []event{started, activity}, captured: []event{startedWith("ref_42"), activity},
	},
	{
		name: "message/start with words", why: "what a person typed is no deep link and is never sent",
		kind: "message", content: text(`"/start my password is 1234"`),
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start by name", why: "a startgroup link sends the bot's name",
		kind: "message", content: textIn("$group", `"/start@test_bot ref_42"`),
		user: alice, chat: group, want: []event{started, activity}, captured: []event{startedWith("ref_42"), activity},
	},
	{
		name: "message/start by name in capitals", why: "user names are folded",
		kind: "message", content: textIn("$supergroup", `"/start@Test_BOT"`),
		user: alice, chat: supergroup, want: []event{started, activity},
	},
	{
		name: "message/start in a group", why: "the library routes it to the /start handler",
		kind: "message", content: textIn("$group", `"/start"`),
		user: alice, chat: group, want: []event{started, activity},
	},
	{
		name: "message/start of another bot", why: "groups have several bots",
		kind: "message", content: textIn("$group", `"/start@other_bot"`),
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/start of no name", why: "there is no such command",
		kind: "message", content: text(`"/start@"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/startgroup", why: "another command",
		kind: "message", content: text(`"/startgroup"`),
		user: alice, chat: private, want: []event{activity}, captured: []event{used("startgroup"), activity},
	},
	{
		name: "message/START", why: "commands are case-sensitive",
		kind: "message", content: text(`"/START"`),
		user: alice, chat: private, want: []event{activity}, captured: []event{used("START"), activity},
	},
	{
		name: "message/start after a space", why: "a command is at the very start",
		kind: "message", content: text(`" /start"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/start after a word", why: "a command is at the very start, whatever entities say",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"hi /start","entities":[{"type":"bot_command","offset":3,"length":6}]}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/start with an exclamation mark", why: "only white space ends a command",
		kind: "message", content: text(`"/start!"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/start in bold", why: "entities are not asked, in whatever order",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start","entities":[{"type":"bold","offset":0,"length":6},{"type":"bot_command","offset":0,"length":6}]}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start with a forged entity", why: "webhook bodies can be forged; an entity longer than the text makes helpers panic",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start","entities":[{"type":"bot_command","offset":0,"length":600}]}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start forwarded", why: "the library routes it to the /start handler",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"forward_from":$bob,"forward_date":1600000000,"forward_origin":{"type":"user","date":1600000000,"sender_user":$bob},"text":"/start"}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start via a bot", why: "an inline bot wrote it for the person",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"via_bot":$robot,"text":"/start"}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start as caption", why: "no library routes captions to a command",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"photo":[{"file_id":"p","file_unique_id":"u","width":1,"height":1}],"caption":"/start"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/start of an anonymous admin", why: "no person, no start",
		kind: "message", content: `{$head,"from":$anonymous,"sender_chat":$supergroup,"chat":$supergroup,"text":"/start"}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/start of a bot", why: "bots may talk to bots",
		kind: "message", content: `{$head,"from":$robot,"chat":$group,"text":"/start"}`,
		user: nobody, chat: group, want: []event{activity},
	},
	{
		name: "edited_message/start", why: "an edit starts nothing",
		kind: "edited_message", content: `{$head,"edit_date":1700000009,"from":$alice,"chat":$private,"text":"/start"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "channel_post/start", why: "a channel starts nothing",
		kind: "channel_post", content: `{$head,"sender_chat":$channel,"chat":$channel,"text":"/start"}`,
		user: nobody, chat: channel, want: []event{activity},
	},
	{
		name: "business_message/start", why: "said to the owner of the account, not to the bot",
		kind: "business_message", content: `{$head,"business_connection_id":"b","from":$alice,"chat":$private,"text":"/start"}`,
		user: alice, chat: private, want: []event{}, captured: []event{activity},
	},
}
