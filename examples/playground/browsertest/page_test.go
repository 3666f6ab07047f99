package browsertest

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The minute of a newcomer: write, press, break the API, repair it, kill the bot.
func TestPage(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))

	for _, library := range []string{"gotelegram", "tgbotapi", "telebot"} {
		p.choose("#library", library)
		p.click(`[data-say="/start"]`)
		p.until("the bot offers three teams", `document.querySelectorAll(".keyboard button").length === 3`)
		p.untilRow("user_started", library, "delivered")
		p.untilRow("activity", library, "delivered")
	}

	p.click(`.keyboard button`)
	p.until("the bot edits its message", `document.querySelector(".from-bot")?.innerText.includes("edited")`)
	p.untilRow("choice_made", "telebot", "delivered")
	p.untilRow("activity", "telebot", "throttled")
	p.untilLedger("delivered =3")

	p.click(`#modes input[value=down] + span`)
	p.choose("#person", "102")
	p.click(`[data-say="/start"]`)
	p.until("the bot answers as ever", `document.querySelectorAll(".keyboard").length === 1`)
	p.until("two events wait", `document.getElementById("pending").innerText === "2"`)
	p.untilRow("user_started", "telebot", "waiting")
	p.run(chromedp.EmulateViewport(1280, 800))
	p.save("outage", chromedp.CaptureScreenshot())

	p.click(`#restart`)
	p.untilLedger("recovered +2")
	p.click(`#modes input[value=ok] + span`)
	p.click(`#flush`)
	p.until("nothing waits", `document.getElementById("pending").innerText === "0"`)
	p.until("both were delivered", `!document.querySelector(".in-outbox")`)

	p.click(`#redeliver`) // to a process that has not seen it
	p.until("both events come again, in the rows that they had",
		`[...document.querySelectorAll("#rows .is-delivered")].filter((row) => row.innerText.includes("again ×1")).length === 2`)
	p.until("what is there is remembered",
		`(window.said = document.querySelectorAll(".from-bot").length, window.counted = document.querySelectorAll("#rows .is-delivered").length, true)`)
	p.click(`#redeliver`) // to one that has
	p.until("the bot answers once more", `document.querySelectorAll(".from-bot").length > window.said`)
	p.until("and nothing is counted",
		`document.querySelectorAll("#rows .is-delivered").length === window.counted && !document.getElementById("rows").innerText.includes("again ×2")`)

	const attack = `<img src=x onerror="console.error(1)">`
	p.run(chromedp.SendKeys(chromedp.CSS("#text"), attack+kb.Enter))
	p.until("markup from the chat is text", "[...document.querySelectorAll('.mine .text')].at(-1).innerText === `"+attack+"`")
	p.until("and nothing else", `!document.querySelector(".log img")`)
	p.pictures()
}

// Every part can be reached and used without a mouse.
func TestKeyboard(t *testing.T) {
	findBrowser(t)
	p := open(t, startPlayground(t))
	p.run(chromedp.Focus(chromedp.CSS(`[data-say="/start"]`)), chromedp.KeyEvent(kb.Enter))
	p.until("the bot offers three teams", `document.querySelectorAll(".keyboard button").length === 3`)
	p.run(chromedp.Focus(chromedp.CSS(`.keyboard button`)), chromedp.KeyEvent(" "))
	p.untilRow("choice_made", "telebot", "delivered")
	p.until("Tab goes on from the chat, though the button is gone",
		`document.querySelectorAll(".keyboard").length === 0 && document.activeElement.id === "log"`)
	p.run(chromedp.Focus(chromedp.CSS(`#modes input[value=ok]`)), chromedp.KeyEvent(kb.ArrowRight))
	p.until("the API is down", `document.querySelector("#modes input[value=down]").checked`)
	p.until("the notice says so", `document.getElementById("rows").innerText.includes("it answers 503")`)
}
