package browsertest

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// untilStep waits until so many steps of the guide are ticked, and no more.
func (p *page) untilStep(done int) {
	p.t.Helper()
	p.until(fmt.Sprintf("%d steps are done", done), fmt.Sprintf(`document.querySelectorAll("#steps .done").length === %d`, done))
}

// The two minutes of a newcomer, by the buttons of the guide: start, press, API
// down, kill, back. Each step ticks itself when what it is about has happened.
func TestGuide(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	const next = `#steps .next button`
	p.untilStep(0)
	p.untilSays("line", "bbtelebot.Attach(bot, client)")
	p.untilSays("choice-line", ".ChoiceMade(")

	p.click(next)
	p.untilRow("user_started", "telebot", "delivered")
	p.untilRow("activity", "telebot", "delivered")
	p.untilStep(1)
	p.until("the page counts people", `document.getElementById("started").innerText + document.getElementById("active").innerText === "11"`)
	p.untilSays("lines", "bb: first event delivered")

	p.until("the bot offers three teams", `document.querySelectorAll(".keyboard button").length === 3`)
	p.click(next)
	p.untilRow("choice_made", "telebot", "delivered")
	p.untilRow("activity", "telebot", "throttled")
	p.untilSays("choices", "bra 1")
	p.untilStep(2)

	p.click(next)
	p.until("the bot answers as ever", `document.querySelectorAll(".keyboard").length === 1 && document.querySelector(".mine")?.innerText.includes("Boris")`)
	p.untilSays("pending", "2")
	p.untilRow("user_started", "telebot", "waiting")
	p.untilStep(3)
	p.until("the log says what to do", `document.querySelector("#lines .is-warn") !== null`)
	p.readme()
	p.run(chromedp.EmulateViewport(1440, 900))
	p.save("outage", chromedp.CaptureScreenshot())
	p.run(chromedp.EmulateViewport(390, 844))
	p.save("outage-phone", chromedp.CaptureScreenshot())
	p.run(chromedp.EmulateViewport(1440, 900))

	p.click(next)
	p.untilLedger("recovered+2")
	p.untilStep(4)

	p.click(next)
	p.untilSays("pending", "0")
	p.untilStep(5)
	p.until("nothing was lost", `document.getElementById("guide-done").checkVisibility() && !document.querySelector(".in-outbox")`)
	p.until("two people started a bot", `document.getElementById("started").innerText === "2"`)

	for _, library := range []string{"gotelegram", "tgbotapi"} {
		p.choose("#library", library)
		p.click(`[data-say="/start"]`)
		p.until("the bot offers three teams", `document.querySelectorAll(".keyboard button").length === 3`)
		p.untilRow("user_started", library, "delivered")
		p.click(`.keyboard button:nth-child(2)`)
		p.untilRow("choice_made", library, "delivered")
		p.until("the page shows the line of its library", fmt.Sprintf(`document.getElementById("line").innerText.includes("bb%s.")`, library))
	}
	p.untilSays("choices", "arg 2")
	p.pictures()
}

// What comes again is shown in the row that it has; what is held back is folded.
func TestRows(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	p.click(`[data-say="/start"]`)
	p.untilRow("activity", "telebot", "delivered")
	for range 3 {
		p.click(`[data-say="hi"]`)
	}
	p.until("one row counts what was throttled", `document.querySelectorAll("#rows .is-throttled").length === 1
		&& document.querySelector("#rows .is-throttled .name b").innerText === "activity × 3"`)

	p.click(`#rows .is-delivered summary`)
	p.until("the row opens to request, answer and JSON", `((text) => ["POST /api/bot/events", '"occurred_at"', "200 OK", "Raw JSON"]
		.every((words) => text.includes(words)))(document.querySelector("#rows details[open] .detail")?.innerText ?? "")`)
	p.save("open-row", chromedp.CaptureScreenshot())
	p.choose("#event-filter", "user_started")
	p.until("the other rows are hidden", `document.querySelectorAll("#rows .event").length === 1`)
	p.choose("#event-filter", "")

	p.click(`#restart`)
	p.untilSays("bot-name", "process 2")
	p.click(`[data-say="/help"]`)
	p.untilLedger("delivered=1")
	p.click(`#redeliver`) // to one that has seen it
	p.until("the bot answers once more, and nothing is counted",
		`document.querySelectorAll(".from-bot").length === 3 && !document.getElementById("rows").innerText.includes("again ×")`)
	p.click(`#clear`)
	p.until("the list is empty", `document.querySelectorAll("#rows .event").length === 0 && document.getElementById("empty").checkVisibility()`)

	const attack = `<img src=x onerror="console.error(1)">`
	p.run(chromedp.SendKeys(chromedp.CSS("#text"), attack+kb.Enter))
	p.until("markup from the chat is text", "[...document.querySelectorAll('.mine .text')].at(-1).innerText === `"+attack+"`")
	p.until("and nothing else", `!document.querySelector(".log img")`)
}

// Every part can be reached and used without a mouse.
func TestKeyboard(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	p.run(chromedp.Focus(chromedp.CSS(`#steps .next button`)), chromedp.KeyEvent(kb.Enter))
	p.until("the bot offers three teams", `document.querySelectorAll(".keyboard button").length === 3`)
	p.until("the next step has the focus", `document.activeElement.matches("#steps .next button") && document.querySelectorAll("#steps .done").length === 1`)
	p.run(chromedp.Focus(chromedp.CSS(`.keyboard button`)), chromedp.KeyEvent(" "))
	p.untilRow("choice_made", "telebot", "delivered")
	p.until("Tab goes on from the chat, though the button is gone",
		`document.querySelectorAll(".keyboard").length === 0 && document.activeElement.id === "log"`)
	p.run(chromedp.Focus(chromedp.CSS(`#rows summary`)), chromedp.KeyEvent(kb.Enter))
	p.until("a row opens", `document.querySelector("#rows details[open] .detail").innerText.length > 0`)
	p.run(chromedp.Focus(chromedp.CSS(`.ledger summary`)), chromedp.KeyEvent(kb.Enter))
	p.until("the ledger opens", `document.getElementById("equation").checkVisibility()`)
	p.run(chromedp.Focus(chromedp.CSS(`#modes input[value=ok]`)), chromedp.KeyEvent(kb.ArrowRight))
	p.until("the API is down", `document.querySelector("#modes input[value=down]").checked`)
	p.until("the notice says so", `document.getElementById("rows").innerText.includes("it answers 503")`)
}
