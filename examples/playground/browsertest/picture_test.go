package browsertest

import (
	"context"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// views are the screens that the page must fit.
var views = []struct {
	name          string
	width, height int64
	wholePage     bool // pictures show it to its end
}{
	{"desktop", 1440, 900, false},
	{"laptop", 1100, 800, false},
	{"tablet", 820, 1100, true},
	{"phone", 390, 844, true},
	{"small-phone", 320, 640, true},
}

// pictures checks every view for parts that stick out, and takes a picture of
// each in light and dark.
func (p *page) pictures() {
	p.t.Helper()
	for _, view := range views {
		p.run(chromedp.EmulateViewport(view.width, view.height))
		width, err := chromedp.Run(p.ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
		if err != nil {
			p.t.Fatal(err)
		}
		if width > view.width {
			p.t.Errorf("%s: the page is %d pixels wide on a screen of %d, because of %s", view.name, width, view.width, p.sticksOut())
		}
		for _, scheme := range []string{"light", "dark"} {
			p.run(prefer(scheme))
			take := chromedp.CaptureScreenshot()
			if view.wholePage {
				take = chromedp.FullScreenshot(100)
			}
			p.save(view.name+"-"+scheme, take)
		}
	}
}

// sticksOut names what is beyond the right edge.
func (p *page) sticksOut() string {
	names, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`[...document.body.querySelectorAll("*")]
		.filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.id || e.className || e.tagName).join(", ")`))
	if err != nil {
		p.t.Fatal(err)
	}
	return names
}

// prefer sets the colours that the browser asks for.
func prefer(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	})
}

// save takes a picture, if pictures are asked for.
func (p *page) save(name string, take chromedp.Action[[]byte]) {
	p.t.Helper()
	dir := os.Getenv("BB_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, take)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.t.Error(err)
	}
}

// readme takes the picture that README shows, cut to chat and events, if
// BB_PICTURE names a file for it.
func (p *page) readme() {
	p.t.Helper()
	file := os.Getenv("BB_PICTURE")
	if file == "" {
		return
	}
	const others = `document.querySelectorAll(".top, .trouble, .guide, .client-log, .own, .events-head label, #clear")`
	p.run(chromedp.EmulateViewport(1000, 740), prefer("light"))
	p.evaluate(`for (const part of ` + others + `) part.hidden = true`)
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Error(err)
	}
	p.evaluate(`for (const part of ` + others + `) part.hidden = false`)
}
