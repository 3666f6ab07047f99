package adaptertest

var memberCases = []testCase{
	{
		name: "my_chat_member/blocked", why: "the opposite of activity",
		kind: "my_chat_member", content: `{"chat":$private,"from":$alice,"date":1700000000,"old_chat_member":{"user":$self,"status":"member"},"new_chat_member":{"user":$self,"status":"kicked","until_date":0}}`,
		user: alice, chat: private, want: []event{}, captured: []event{blocked},
	},
	{
		name: "my_chat_member/unblocked", why: "the person came back",
		kind: "my_chat_member", content: `{"chat":$private,"from":$alice,"date":1700000000,"old_chat_member":{"user":$self,"status":"kicked","until_date":0},"new_chat_member":{"user":$self,"status":"member"}}`,
		user: alice, chat: private, want: []event{activity}, captured: []event{unblocked, activity},
	},
	{
		name: "my_chat_member/added to a group", why: "nobody unblocked the bot",
		kind: "my_chat_member", content: `{"chat":$group,"from":$alice,"date":1700000000,"old_chat_member":{"user":$self,"status":"left"},"new_chat_member":{"user":$self,"status":"member"}}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "my_chat_member/banned from a group", why: "nobody blocked the bot",
		kind: "my_chat_member", content: `{"chat":$supergroup,"from":$alice,"date":1700000000,"old_chat_member":{"user":$self,"status":"member"},"new_chat_member":{"user":$self,"status":"kicked","until_date":0}}`,
		user: alice, chat: supergroup, want: []event{activity},
	},
	{
		name: "my_chat_member/admin of a channel", why: "admins have fields that members have not",
		kind: "my_chat_member", content: `{"chat":$channel,"from":$alice,"date":1700000000,"old_chat_member":{"user":$self,"status":"left"},"new_chat_member":{"user":$self,"status":"administrator","can_be_edited":false,"is_anonymous":false,"can_manage_chat":true}}`,
		user: alice, chat: channel, want: []event{activity},
	},
	{
		name: "chat_member", why: "the admin acts, not the member",
		kind: "chat_member", content: `{"chat":$supergroup,"from":$alice,"date":1700000000,"old_chat_member":{"user":$bob,"status":"member"},"new_chat_member":{"user":$bob,"status":"kicked","until_date":0}}`,
		user: alice, chat: supergroup, want: []event{activity},
	},
	{
		name: "chat_join_request", why: "user_chat_id is another chat",
		kind: "chat_join_request", content: `{"chat":$channel,"from":$alice,"user_chat_id":1001,"date":1700000000}`,
		user: alice, chat: channel, want: []event{activity},
	},
	{
		name: "chat_boost", why: "the person is in the source",
		kind: "chat_boost", content: `{"chat":$channel,"boost":{"boost_id":"b","add_date":1700000000,"expiration_date":1800000000,"source":{"source":"premium","user":$alice}}}`,
		user: alice, chat: channel, want: []event{activity},
	},
	{
		name: "chat_boost/gift code", why: "the person is in the source",
		kind: "chat_boost", content: `{"chat":$channel,"boost":{"boost_id":"b","add_date":1700000000,"expiration_date":1800000000,"source":{"source":"gift_code","user":$alice}}}`,
		user: alice, chat: channel, want: []event{activity},
	},
	{
		name: "chat_boost/unclaimed giveaway", why: "nobody won it",
		kind: "chat_boost", content: `{"chat":$channel,"boost":{"boost_id":"b","add_date":1700000000,"expiration_date":1800000000,"source":{"source":"giveaway","giveaway_message_id":3,"is_unclaimed":true}}}`,
		user: nobody, chat: channel, want: []event{activity},
	},
	{
		name: "removed_chat_boost", why: "it ran out, or the giveaway of it",
		kind: "removed_chat_boost", content: `{"chat":$channel,"boost_id":"b","remove_date":1700000000,"source":{"source":"giveaway","giveaway_message_id":3,"user":$alice}}`,
		named: alice, user: nobody, chat: channel, at: now, want: []event{activity},
	},
}

var reactionCases = []testCase{
	{
		name: "message_reaction", why: "a person reacted",
		kind: "message_reaction", content: `{"chat":$supergroup,"message_id":9,"user":$alice,"date":1700000000,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}`,
		user: alice, chat: supergroup, want: []event{activity},
	},
	{
		name: "message_reaction/anonymous", why: "a chat reacted",
		kind: "message_reaction", content: `{"chat":$supergroup,"message_id":9,"actor_chat":$channel,"date":1700000000,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"}]}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message_reaction/on behalf of a chat", why: "actor_chat says that a chat acted, whoever stands in for it",
		kind: "message_reaction", content: `{"chat":$supergroup,"message_id":9,"user":$bob,"actor_chat":$channel,"date":1700000000,"old_reaction":[],"new_reaction":[]}`,
		user: nobody, chat: supergroup, want: []event{activity},
	},
	{
		name: "message_reaction_count", why: "nobody in particular",
		kind: "message_reaction_count", content: `{"chat":$channel,"message_id":9,"date":1700000000,"reactions":[{"type":{"type":"emoji","emoji":"👍"},"total_count":2}]}`,
		user: nobody, chat: channel, want: []event{activity},
	},
}
