package adaptertest

// Payments are opt-in. What the invoice holds beside the sum stays home.
var paymentCases = []testCase{
	{
		name: "message/payment", why: "in the smallest unit of the currency, as Telegram gives it",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"successful_payment":{"currency":"RUB","total_amount":19900,"invoice_payload":"order 7","shipping_option_id":"post","order_info":{"name":"Alice","phone_number":"79161234567","email":"alice@example.org"},"telegram_payment_charge_id":"c1","provider_payment_charge_id":"c2"}}`,
		user: alice, chat: private, want: []event{activity}, captured: []event{paid("RUB", 19900, false), activity},
	},
	{
		name: "message/payment in a group", why: "the one who paid",
		kind: "message", content: `{$head,"from":$alice,"chat":$group,"successful_payment":{"currency":"USD","total_amount":145,"invoice_payload":"p","telegram_payment_charge_id":"c","provider_payment_charge_id":"d"}}`,
		user: alice, chat: group, want: []event{activity}, captured: []event{paid("USD", 145, false), activity},
	},
	{
		name: "message/payment of a large sum", why: "more than 32 bits hold",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"successful_payment":{"currency":"IDR","total_amount":3000000000,"invoice_payload":"p","telegram_payment_charge_id":"c","provider_payment_charge_id":"d"}}`,
		user: alice, chat: private, want: []event{activity}, captured: []event{paid("IDR", 3000000000, false), activity},
	},
	{
		name: "message/refund", why: "the bot says it in the person's chat, who did nothing",
		kind: "message", content: `{$head,"from":$self,"chat":$private,"refunded_payment":{"currency":"XTR","total_amount":100,"invoice_payload":"p","telegram_payment_charge_id":"c","provider_payment_charge_id":""}}`,
		named: alice, user: nobody, chat: private, want: []event{activity}, captured: []event{refunded("XTR", 100), activity}, onlyID: true,
		field: "refunded_payment", blind: &blind{user: nobody, want: []event{activity}},
	},
	{
		name: "message/refund by the person", why: "however it is signed, the person got it",
		kind: "message", content: `{$head,"from":$alice,"chat":$private,"refunded_payment":{"currency":"XTR","total_amount":1,"invoice_payload":"p","telegram_payment_charge_id":"c","provider_payment_charge_id":""}}`,
		user: alice, chat: private, want: []event{activity}, captured: []event{refunded("XTR", 1), activity},
		field: "refunded_payment", blind: &blind{user: alice, want: []event{activity}},
	},
	{
		name: "pre_checkout_query/no payment yet", why: "the money has not moved",
		kind: "pre_checkout_query", content: `{"id":"9","from":$alice,"currency":"XTR","total_amount":100,"invoice_payload":"p"}`,
		user: alice, chat: nowhere, want: []event{activity},
	},
}
