package console_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"helpline/dialog"
)

// tab is one tab of a real Chromium, in a profile of its own.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the page's console complained of
	quiet  bool     // complaints are what the test is about
}

// chromium is started once for all tests and stopped by TestMain.
var chromium struct {
	once sync.Once
	ctx  context.Context
	stop []func()
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(chromium.stop) - 1; i >= 0; i-- {
		chromium.stop[i]()
	}
	os.Exit(code)
}

func startChromium() {
	path, err := exec.LookPath("chromium")
	if err != nil {
		chromium.err = err
		return
	}
	profile, err := os.MkdirTemp("", "console-browser-*")
	if err != nil {
		chromium.err = err
		return
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"),
		// Nothing that the tests do may leave this machine.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	chromium.stop = []func(){func() { _ = os.RemoveAll(profile) }, stopAlloc, stop}
	chromium.ctx, chromium.err = ctx, chromedp.Do(ctx)
}

// openTab opens a tab with no cookies. The tests need Chromium: `make test` installs it.
func openTab(t testing.TB, width, height int64) *tab {
	t.Helper()
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatalf("Chromium is needed: %v", chromium.err)
	}
	return newTab(t, chromium.ctx, width, height, chromedp.WithNewBrowserContext())
}

// fresh opens another tab of the same profile.
func (b *tab) fresh() *tab { b.t.Helper(); return newTab(b.t, b.ctx, 1024, 768) }

func newTab(t testing.TB, parent context.Context, width, height int64, opts ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, opts...)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			// A socket that cannot be opened is what the tests of lost connections are about.
			if m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleError && !strings.Contains(m.Text, "WebSocket") {
				b.mu.Lock()
				b.faults = append(b.faults, m.Text+" "+m.URL)
				b.mu.Unlock()
			}
		}
	}()
	b.size(width, height)
	t.Cleanup(b.noFaults)
	return b
}

func (b *tab) noFaults() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 && !b.quiet {
		b.t.Errorf("the page complains: %s", strings.Join(b.faults, "\n"))
	}
}

// do runs actions; one that takes long has failed.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.picture("failed-" + b.t.Name())
		b.t.Fatal(err)
	}
}

// call sends one command of the browser's protocol.
func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	r, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
}

// js evaluates an expression.
func js[T any](b *tab, expr string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expr))
	if err != nil {
		b.picture("failed-" + b.t.Name())
		b.t.Fatalf("%s: %v", expr, err)
	}
	return v
}

// run executes a statement.
func (b *tab) run(statement string) { b.t.Helper(); js[bool](b, statement+"; true") }

// until waits for an expression to become true.
func (b *tab) until(expr string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	for {
		// While a page is being replaced there is nothing to evaluate in.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expr+`)`)); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			b.picture("failed-" + b.t.Name())
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
			b.t.Fatalf("never true: %s\n%s", expr, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// says waits until the page shows some words.
func (b *tab) says(words string) {
	b.t.Helper()
	b.until(`document.body.innerText.includes(` + quote(words) + `)`)
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func (b *tab) visit(address string) { b.t.Helper(); b.do(chromedp.Navigate(address)) }

// click presses the mouse on the first element that matches.
func (b *tab) click(selector string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS(selector))) }

// write puts the focus on a field and types into it, as a keyboard does.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.run(`document.querySelector(` + quote(selector) + `).focus()`)
	b.do(chromedp.KeyEvent(text))
}

// picture writes what the tab shows to $HELPLINE_PICTURES, when that is set.
func (b *tab) picture(name string) {
	dir := os.Getenv("HELPLINE_PICTURES")
	if dir == "" {
		return
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.t.Fatal(err)
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("picture %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// signIn types an address and a password.
func (b *tab) signIn(h *house, w dialog.Worker) {
	b.t.Helper()
	b.visit(h.web.URL + "/console")
	b.until(`document.querySelector('#email')`)
	b.write("#email", strings.ToLower(w.Name)+"@example.org")
	b.write("#password", password)
	b.click("main button")
	b.until(`document.querySelector('.c-header__out')`)
}
