package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// page is an open page of the playground.
type page struct {
	t   *testing.T
	ctx context.Context // of its tab

	mu     sync.Mutex // guards faults
	faults []string   // what the browser complained of
}

// findBrowser skips the test where there is none.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const reason = "no chromium, chromium-browser or google-chrome in the PATH: install one to test the page, such as Debian's package chromium"
	if strings.Contains(os.Getenv("BB_REQUIRE"), "chromium") {
		t.Fatal(reason)
	}
	t.Skip(reason)
	return ""
}

// open opens the page in a browser of its own. Any error in its console, or any
// exception, fails the test.
func open(t *testing.T, url string) *page {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findBrowser(t)),
		chromedp.WindowSize(1440, 900),
		chromedp.WSURLReadTimeout(time.Minute), // of a busy machine
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to start as root with it
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	p := &page{t: t}
	p.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(p.listen))
	t.Cleanup(cancel)
	t.Cleanup(p.check)
	p.run(chromedp.Navigate(url))
	p.until("the page is live", `document.getElementById("connection").textContent === "Live"`)
	return p
}

func (p *page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			p.faults = append(p.faults, fmt.Sprintf("console: %s", e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		explained := e.Entry.Source == log.EntrySourceNetwork && strings.Contains(e.Entry.Text, "409") // the page says why in words
		if !explained && (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) {
			p.faults = append(p.faults, fmt.Sprintf("%s (%s)", e.Entry.Text, e.Entry.URL))
		}
	}
}

func (p *page) check() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) > 0 {
		p.t.Errorf("the browser complains:\n%s", strings.Join(p.faults, "\n"))
	}
}

func (p *page) run(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// until waits until an expression holds on the page. It asks with every frame;
// chromedp's own Poll makes functions of strings, which the page's policy forbids.
func (p *page) until(what, expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	holds := fmt.Sprintf(`new Promise((resolve) => {
		const ask = () => (%s) ? resolve(true) : requestAnimationFrame(ask);
		ask();
	})`, expression)
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](holds, chromedp.EvalAwaitPromise)); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		p.t.Fatalf("not so in time: %s: %v\nThe page shows:\n%s", what, err, text)
	}
}

// click clicks like a person: what is disabled does not count, and when the page
// moved under the mouse, once more.
func (p *page) click(selector chromedp.CSS) {
	p.t.Helper()
	p.ask(fmt.Sprintf(`(window.clicked = false, document.addEventListener("click",
		(event) => { window.clicked ||= event.target.closest(%q) !== null }, { capture: true }), true)`, string(selector)))
	for p.run(chromedp.Click(selector, chromedp.NodeVisible, chromedp.NodeEnabled)); !p.ask(`window.clicked`); {
		p.run(chromedp.Click(selector, chromedp.NodeVisible, chromedp.NodeEnabled))
	}
}

// ask evaluates a question on the page.
func (p *page) ask(expression string) (yes bool) {
	p.t.Helper()
	yes, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](expression))
	if err != nil {
		p.t.Fatal(err)
	}
	return yes
}

// choose picks an option of a select.
func (p *page) choose(selector, value string) {
	p.t.Helper()
	const pick = `((select) => { select.value = %q; select.dispatchEvent(new Event("change")); return true })(document.querySelector(%q))`
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](fmt.Sprintf(pick, value, selector))); err != nil {
		p.t.Fatal(err)
	}
}

// untilRow waits for a line in the list of events.
func (p *page) untilRow(event, library, status string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%s of %s is %s", event, library, status), fmt.Sprintf(
		`[...document.querySelectorAll("#rows .event")].some((row) =>
			row.querySelector(".name b")?.innerText === %q && row.querySelector(".name small").innerText === %q && row.querySelector(".badge").innerText.endsWith(%q))`,
		event, library, status))
}

// untilLedger waits for a part of the equation.
func (p *page) untilLedger(part string) {
	p.t.Helper()
	p.until("the ledger shows "+part, fmt.Sprintf(`document.getElementById("equation").textContent.includes(%q)`, part))
}
