package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// evaluate runs a script on the page.
func (p *page) evaluate(script string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](script+"; true")); err != nil {
		p.t.Fatal(err)
	}
}

// untilSays waits until an element's text has the words.
func (p *page) untilSays(id, words string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%s says %q", id, words), fmt.Sprintf(`document.getElementById(%q).innerText.includes(%q)`, id, words))
}

// The rows, the ledger and the hints say the same in an outage and after it.
func TestOutageIsTold(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	p.untilSays("own", "-api :8001")

	p.click(`#modes input[value=down] + span`)
	p.click(`[data-say="/start"]`)
	p.untilSays("pending", "2")
	p.until("each pending event has its row", `document.querySelectorAll(".in-outbox").length === 2`)
	p.click(`#flush`)
	p.until("the button is busy", `document.getElementById("flush").ariaBusy === "true"`)
	p.untilSays("pending-hint", "2 events left; the client goes on by itself.")
	p.until("and not on top of the page", `document.getElementById("alert").hidden`)

	p.click(`#crash`)
	p.untilSays("bot-name", "telebot, process 2")
	p.untilSays("pending", "4")
	p.until("each event has one row, which waits twice",
		`[...document.querySelectorAll(".in-outbox")].filter((row) => row.innerText.includes("in the outbox ×2")).length === 2`)
	p.click(`#modes input[value=ok] + span`)
	p.click(`#flush`)
	p.untilSays("pending-hint", "Nothing waits.")
	p.untilSays("trouble-hint", "Nothing is wrong.")
	p.until("no row waits", `!document.querySelector(".in-outbox") && document.querySelectorAll(".is-delivered").length === 2`)

	p.untilStep(4) // all but the choice, though nobody pressed a button of the guide
	p.choose("#bot-filter", "telebot")
	p.until("the API's notices are not telebot's", `!document.getElementById("rows").innerText.includes("The API")`)
}

func TestSilenceIsTold(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	p.click(`#modes input[value="429"] + span`)
	p.click(`[data-say="hi"]`)
	p.untilSays("pending-hint", "The API asked for silence until")
	p.click(`#flush`)
	p.untilSays("pending-hint", "The API asked for silence; the client keeps to it.")
	p.click(`#modes input[value=ok] + span`)
	p.untilSays("trouble-hint", "The API is up; 1 event still waits for the client's next try.")
	p.untilSays("pending-hint", "The API asked for silence until")
	p.click(`#restart`) // to a process that does not know of it, or the test would have to wait
	p.untilSays("pending-hint", "Nothing waits.")
}

// However many steps the slider makes, one notice tells where it rests.
func TestSliderIsToldOnce(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	slide := func(steps string) {
		p.evaluate(`for (const ms of [` + steps + `]) {
			const slider = document.getElementById("delay");
			slider.value = ms;
			slider.dispatchEvent(new Event("input"));
			slider.dispatchEvent(new Event("change"));
		}`)
	}
	slide("250, 500, 750, 8000")
	p.untilSays("rows", "The API takes 8s to answer.")
	p.click(`[data-say="hi"]`)
	p.untilRow("activity", "telebot", "arrived")
	p.untilSays("rows", "not answered yet")
	slide("4000, 2000, 0")
	p.untilSays("rows", "The API answers at once again.")
	p.untilRow("activity", "telebot", "delivered")
	p.until("there are two notices", `document.querySelectorAll("#rows .is-notice").length === 2`)
}

// A phone shows the newest events only, and the chat stays at its end.
func TestNarrowScreen(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	p.evaluate(`for (let i = 0; i < 45; i++) document.querySelector('[data-say="/start"]').click()`)
	p.until("all are told", `document.querySelectorAll(".is-delivered").length === 46`)
	const visible = `[...document.querySelectorAll("#rows .event")].filter((row) => row.checkVisibility()).length`
	p.until("a wide screen shows all", visible+` > 45 && !document.getElementById("show-all").checkVisibility()`)

	const atEnd = `((log) => log.scrollHeight > log.clientHeight && log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.getElementById("log"))`
	p.until("the chat is at its end", atEnd)
	p.run(chromedp.EmulateViewport(1100, 760))
	p.until("the chat is at its end in a smaller window", atEnd)
	p.run(chromedp.EmulateViewport(390, 844))
	p.until("the chat is at its end on a phone", atEnd)
	p.until("a phone shows the newest", visible+` === 15`)
	p.click(`#show-all`)
	p.until("all are shown", visible+` > 45 && document.getElementById("show-all").hidden`)
}
