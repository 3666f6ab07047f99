package adaptertest

// Messages as people reported them, or as Telegram sends them for what no person did.
var reportedMessageCases = []testCase{
	{
		name: "business_message/sender_business_bot", why: "the bot's own reply to a customer comes back: the owner did nothing",
		kind: "business_message", content: `{$head,"business_connection_id":"b","sender_business_bot":$self,"from":{"id":7001,"is_bot":false,"first_name":"Shop","is_premium":true},"chat":{"id":7002,"type":"private","first_name":"Cust"},"text":"We are open till 8"}`,
		named: owner, user: nobody, chat: chat{7002, "private"}, at: messageDate, want: []event{}, captured: []event{activity},
	},
	{
		name: "business_message/by the owner", why: "the owner of the account acted, by hand",
		kind: "business_message", content: `{$head,"business_connection_id":"b","from":{"id":7001,"is_bot":false,"first_name":"Shop","is_premium":true},"chat":{"id":7002,"type":"private","first_name":"Cust"},"text":"Hi"}`,
		user: owner, chat: chat{7002, "private"}, at: messageDate, want: []event{}, captured: []event{activity},
	},
	{
		name: "edited_message/without edit_date", why: "somebody else reacted; the author edited nothing",
		kind: "edited_message", content: `{$head,"from":$alice,"chat":$supergroup,"text":"hello"}`,
		named: alice, user: nobody, chat: supergroup, at: now, want: []event{activity},
	},
	{
		name: "edited_message/live location", why: "the phone moves for hours; a plain location cannot be edited by hand",
		kind: "edited_message", content: `{$head,"from":$alice,"chat":$private,"location":{"latitude":1.5,"longitude":2.5,"live_period":28800,"heading":90},"edit_date":1700000060}`,
		named: alice, user: nobody, chat: private, at: now, want: []event{activity},
	},
	{
		name: "message/first payment", why: "a person pays for the first time",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"successful_payment":{"currency":"XTR","total_amount":100,"invoice_payload":"p","telegram_payment_charge_id":"c","provider_payment_charge_id":"","subscription_expiration_date":1702592000,"is_recurring":true,"is_first_recurring":true}}`,
		user: alice, chat: private, want: []event{activity}, captured: []event{paid("XTR", 100, true), activity},
		field: "is_recurring", blind: &blind{user: alice, want: []event{activity}, captured: []event{paid("XTR", 100, false), activity}},
	},
	{
		name: "message/proximity alert", why: "from is the traveler; nothing tells it from an act",
		kind: "message", content: `{$head,"from":$alice,"chat":$group,"proximity_alert_triggered":{"traveler":$alice,"watcher":$bob,"distance":50}}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/write access", why: "a Mini App was allowed to write: first contact, but no start",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"write_access_allowed":{"web_app_name":"shop"}}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/command of digits", why: "a phone number",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/79161234567"}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/migration", why: "the group becomes a supergroup",
		kind: "message", content: `{$head,"from":$alice,"chat":$group,"migrate_to_chat_id":-1002001}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/of a group", why: "with privacy mode off everybody's messages come",
		kind: "message", content: `{$head,"from":$bob,"chat":$supergroup,"text":"good morning all"}`,
		user: 1002, chat: supergroup, want: []event{activity},
	},
	{
		name: "guest_message/of a channel", why: "a chat asked",
		kind: "guest_message", content: `{$head,"from":$channelbot,"chat":$supergroup,"sender_chat":$channel,"guest_query_id":"q","text":"@test_bot hi"}`,
		user: nobody, chat: supergroup, at: now, want: []event{activity},
	},
	{
		name: "message/sender tag", why: "tags of members change nothing",
		kind: "message", content: `{$head,"from":$alice,"chat":$supergroup,"sender_tag":"vip","text":"x"}`,
		user: alice, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/community", why: "a person added the chat",
		kind: "message", content: `{$head,"from":$alice,"chat":$supergroup,"community_chat_added":{"community":{"id":5,"name":"X"}}}`,
		user: alice, chat: supergroup, want: []event{activity},
	},
	{
		name: "message/big ids", why: "ids have up to 52 bits",
		kind: "message", content: `{$head,"from":{"id":4503599627370495,"is_bot":false,"first_name":"Z"},"chat":{"id":-1004503599627370,"type":"supergroup","title":"S"},"text":"/start"}`,
		user: 4503599627370495, chat: chat{-1004503599627370, "supergroup"}, want: []event{started, activity},
	},
	{
		name: "message/with an object of a proxy", why: "relays add objects of their own; a known kind comes first",
		kind: "message", raw: `{"update_id":1999,"message":{"message_id":11,"from":{"id":1001,"is_bot":false,"first_name":"Ann","language_code":"en","is_premium":true},"chat":{"id":1001,"type":"private","first_name":"Ann"},"date":1700000000,"text":"/start"},"bot":{"id":42,"username":"test_bot"}}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "message/gift", why: "a person gave it",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"gift":{"gift":{"id":"1","sticker":{"file_id":"f","file_unique_id":"u","type":"regular","width":1,"height":1,"is_animated":true,"is_video":false},"star_count":15}}}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/live photo", why: "kinds of media that a library does not know",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"text":"/start","paid_media":{"star_count":1,"paid_media":[{"type":"live_photo","photo":[],"video":{"file_id":"f","file_unique_id":"u","width":1,"height":1,"duration":1}}]}}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "edited_message/while the bot was down", why: "edit_date is when the person edited it",
		kind: "edited_message", content: `{$head,"from":$alice,"chat":$private,"text":"hello!","edit_date":1700000009}`,
		user: alice, chat: private, at: 1700000009, want: []event{activity},
	},
	{
		name: "message/checklist", why: "a person ticked it off",
		kind: "message", content: `{$head,"from":$alice,"chat":$group,"checklist_tasks_done":{"marked_as_done_task_ids":[1]}}`,
		user: alice, chat: group, want: []event{activity},
	},
	{
		name: "message/web app data", why: "a Mini App sent it for the person",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"web_app_data":{"data":"{\"a\":1}","button_text":"Open"}}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/users shared", why: "who is shared did nothing",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"users_shared":{"request_id":1,"users":[{"user_id":1002}]},"user_shared":{"request_id":1,"user_id":1002}}`,
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/with nulls", why: "frameworks write every other kind as null",
		kind: "message", raw: `{"update_id":2002,"callback_query":null,"edited_message":null,"message":{"message_id":11,"from":{"id":1001,"is_bot":false,"first_name":"Ann","language_code":"en","is_premium":true},"chat":{"id":1001,"type":"private","first_name":"Ann"},"date":1700000000,"text":"/start","sender_chat":null,"caption":null},"inline_query":null}`,
		user: alice, chat: private, want: []event{started, activity},
	},
	{
		name: "edited_business_message/date ahead", why: "a clock ahead of ours: now",
		kind: "edited_business_message", content: `{$head,"business_connection_id":"b","from":{"id":7002,"is_bot":false,"first_name":"Cust"},"chat":{"id":7002,"type":"private","first_name":"Cust"},"text":"Hi!","edit_date":4000000000}`,
		user: 7002, chat: chat{7002, "private"}, at: now, want: []event{}, captured: []event{activity},
	},
	{
		name: "message/renewal", why: "a subscription was charged again; the person may have left months ago",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"successful_payment":{"currency":"XTR","total_amount":100,"invoice_payload":"p","telegram_payment_charge_id":"c","provider_payment_charge_id":"","is_recurring":true}}`,
		named: alice, user: nobody, chat: private, want: []event{activity}, captured: []event{paid("XTR", 100, true), activity},
		field: "is_recurring", blind: &blind{user: alice, want: []event{activity}, captured: []event{paid("XTR", 100, false), activity}},
	},
	{
		name: "message/scheduled start", why: "the person wrote it some other time",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"is_from_offline":true,"text":"/start"}`,
		named: alice, user: nobody, chat: private, want: []event{activity},
		field: "is_from_offline", blind: &blind{user: alice, want: []event{started, activity}},
	},
	{
		name: "message/order command", why: "the number of an order, or a phone",
		kind: "message", content: text(`"/order_79161234567"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/command of a digit", why: "a command begins with a letter",
		kind: "message", content: text(`"/1"`),
		user: alice, chat: private, want: []event{activity},
	},
	{
		name: "message/long command", why: "commands have at most 32 characters",
		kind: "message", content: text(`"/abcdefghijklmnopqrstuvwxyz_abcdef"`),
		user: alice, chat: private, want: []event{activity},
	},
}
