package adaptertest

// Starts as people reported them.
var reportedStartCases = []testCase{
	{
		name: "message/start with a customer", why: "Telegram's own bizChat and a number is the id of a third person",
		kind: "message", content: `{$head,"from":{"id":7001,"is_bot":false,"first_name":"Shop","is_premium":true},"chat":{"id":7001,"type":"private","first_name":"Shop"},"text":"/start bizChat7002"}`,
		user: owner, chat: chat{owner, "private"}, want: []event{started, activity},
	},
	{
		name: "message/start in direct messages", why: "a channel's direct messages are a group",
		kind: "message", content: `{$head,"from":$alice,"chat":{"id":-1005005,"type":"supergroup","title":"C","is_direct_messages":true},"direct_messages_topic":{"topic_id":1,"user":$alice},"text":"/start"}`,
		user: alice, chat: chat{-1005005, "supergroup"}, want: []event{started, activity},
	},
	{
		name: "message/start in a topic", why: "a private chat may have topics",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start","message_thread_id":3,"is_topic_message":true}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start as a reply", why: "what is quoted changes nothing; its parameter has no prefix of a campaign",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start abc","external_reply":{"origin":{"type":"channel","date":1,"chat":$channel,"message_id":4},"chat":$channel,"message_id":4},"quote":{"text":"x","position":0}}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start with a comma", why: "only white space ends a command",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start,ref","entities":[{"type":"bot_command","offset":0,"length":6}]}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/start with a form feed", why: "which is none of space, tab, CR and LF",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start\fabc"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/start after a quiet week", why: "update_id begins anew",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start","entities":[{"offset":0,"length":6,"type":"bot_command"}]}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/start by an affiliate", why: "a link of Telegram's own affiliate programs",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start _tgr_JUV1QG1iNDBi"}`,
		user: alice, chat: private, want: []event{started, activity}, captured: []event{startedWith("_tgr_JUV1QG1iNDBi"), activity},
	},
}
