package bb_test

import (
	"strings"
	"testing"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// prefixes are those that owners write for their campaigns.
var prefixes = []string{"vk_", "ads_", "utm_", "src-", "promo", "yandex_direct_", "qr_"}

// What a link says of a campaign is sent, and what links say besides is not: codes to
// log in, ids of people, orders. Each is the shape of a link that bots in public use.
func TestLinksAndSecrets(t *testing.T) {
	campaigns := []string{
		"vk_summer", "vk_summer_ad1", "vk_", "ads_google-brand-2026", "utm_source-tg_medium-post", "src-site-header",
		"promo", "promo50", "promo_black_friday", "yandex_direct_4512", "qr_cafe_12", "ads_" + strings.Repeat("a", 60),
	}
	secrets := []string{
		"login_8f14e45fceea167a5a36dedd4bea2543", "auth-Zk9xQ1", "otp_482913", "verify_493021", "token_eyJhbGciOiJIUzI1NiJ9",
		"8f14e45fceea167a5a36dedd4bea2543", "c9f0f895-fb98-4b91-99f5-1fd0297e236d", "c9f0f895fb984b9199f51fd0297e236d",
		"ref_123456789", "ref123456789", "r_123456789", "invite_123456789", "123456789", "u123456789", "friend-123456789",
		"bizChat123456789", "bizChat1", "order_79161234567", "79161234567", "pay_000123", "ticket_QX7-11",
		"_tgr_aBcDeF", "connect_eWFuZGV4", "c2VjcmV0LXRva2Vu", "VK_summer", "xvk_summer", "Ads_1", "ut", "",
		"ads_" + strings.Repeat("a", 61), "vk_my phone is 79161234567", "vk_ключ", "promo!", "vk_a b", "qr_\x00",
	}
	sent := func(param string, capture bb.Capture) any {
		rec := recorder(t, capture)
		rec.Client().Observe(message("/start " + param))
		return rec.Want(bb.EventUserStarted, 1)[0].Payload["start_param"]
	}
	for _, param := range campaigns {
		if got := sent(param, bb.Capture{StartParams: prefixes}); got != param {
			t.Errorf("%q: start_param is %v", param, got)
		}
	}
	for _, param := range append(campaigns, secrets...) {
		if got := sent(param, bb.Capture{}); got != nil {
			t.Errorf("without prefixes %q is sent", got)
		}
	}
	for _, param := range secrets {
		if got := sent(param, bb.Capture{StartParams: prefixes}); got != nil {
			t.Errorf("%q is sent", got)
		}
	}
	for _, param := range []string{"bizChat123456789", "bizChat1"} { // a third person, whatever the prefix
		if got := sent(param, bb.Capture{StartParams: []string{"", "biz", "bizChat"}}); got != nil {
			t.Errorf("%q is sent", got)
		}
	}
}
