package adaptertest

// under is the message of the bot that a button is under.
const under = `{$head,"from":$self,"chat":$group,"text":"Choose"}`

var callbackCases = []testCase{
	{
		name: "callback_query", why: "the presser acts, not the bot that sent the message; buttons are opt-in",
		kind: "callback_query", content: `{"id":"1","from":$alice,"message":` + under + `,"chat_instance":"1","data":"team_bra"}`,
		user: alice, chat: group, want: []event{activity}, captured: []event{pressed("team_bra"), activity},
	},
	{
		name: "callback_query/telebot button", why: "telebot marks its buttons with a form feed and takes the data apart",
		kind: "callback_query", content: `{"id":"1","from":$alice,"message":` + under + `,"chat_instance":"1","data":"\fteam|bra"}`,
		user: alice, chat: group, want: []event{activity}, captured: []event{pressed("team|bra"), activity},
	},
	{
		name: "callback_query/telebot button without data", why: "the name of the button is all there is",
		kind: "callback_query", content: `{"id":"1","from":$alice,"message":` + under + `,"chat_instance":"1","data":"\fteam"}`,
		user: alice, chat: group, want: []event{activity}, captured: []event{pressed("team"), activity},
	},
	{
		name: "callback_query/game", why: "a game's button has no data",
		kind: "callback_query", content: `{"id":"1","from":$alice,"message":` + under + `,"chat_instance":"1","game_short_name":"chess"}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "callback_query/old message", why: "of an inaccessible message there is nothing but chat and id; its date is 0",
		kind: "callback_query", content: `{"id":"1","from":$alice,"message":{"message_id":9,"date":0,"chat":$group},"chat_instance":"1","data":"yes"}`,
		user: alice, chat: group, want: []event{activity}, captured: []event{pressed("yes"), activity},
	},
	{
		name: "callback_query/inline message", why: "there is no message and no chat",
		kind: "callback_query", content: `{"id":"1","from":$alice,"inline_message_id":"i","chat_instance":"1","data":"yes"}`,
		user: alice, chat: nowhere, want: []event{activity}, captured: []event{pressed("yes"), activity},
	},
	{
		name: "callback_query/channel", why: "a button under a post is pressed by a person",
		kind: "callback_query", content: `{"id":"1","from":$alice,"message":{$head,"sender_chat":$channel,"chat":$channel,"text":"Vote"},"chat_instance":"1","data":"yes"}`,
		user: alice, chat: channel, want: []event{activity}, captured: []event{pressed("yes"), activity},
	},
}

var queryCases = []testCase{
	{
		name: "inline_query", why: "has a type of chat but no chat",
		kind: "inline_query", content: `{"id":"1","from":$alice,"query":"cats","offset":"","chat_type":"sender"}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "chosen_inline_result", why: "has no chat",
		kind: "chosen_inline_result", content: `{"result_id":"1","from":$alice,"query":"cats"}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "shipping_query", why: "has no chat",
		kind: "shipping_query", content: `{"id":"1","from":$alice,"invoice_payload":"p","shipping_address":{"country_code":"BR","state":"","city":"Rio","street_line1":"","street_line2":"","post_code":""}}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "pre_checkout_query", why: "has no chat",
		kind: "pre_checkout_query", content: `{"id":"1","from":$alice,"currency":"XTR","total_amount":5,"invoice_payload":"p"}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "purchased_paid_media", why: "has no chat",
		kind: "purchased_paid_media", content: `{"from":$alice,"paid_media_payload":"p"}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "poll", why: "has neither user nor chat",
		kind: "poll", content: `{"id":"1","question":"Who?","options":[{"text":"a","voter_count":1}],"total_voter_count":1,"is_closed":false,"is_anonymous":true,"type":"regular","allows_multiple_answers":false}`,
		user: nobody, chat: nowhere, want: []event{activity},
	},
	{
		name: "poll_answer", why: "has no chat",
		kind: "poll_answer", content: `{"poll_id":"1","user":$alice,"option_ids":[0]}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
	{
		name: "poll_answer/of a chat", why: "Channel_Bot stands in for the chat that voted",
		kind: "poll_answer", content: `{"poll_id":"1","user":$channelbot,"voter_chat":$channel,"option_ids":[0]}`,
		user: nobody, chat: channel, want: []event{activity},
	},
	{
		name: "poll_answer/of nobody", why: "user is optional",
		kind: "poll_answer", content: `{"poll_id":"1","option_ids":[0]}`,
		user: nobody, chat: nowhere, want: []event{activity},
	},
}
