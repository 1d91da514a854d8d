package sheets_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is one tab of a real Chromium.
type tab struct {
	t      testing.TB
	ctx    context.Context
	mu     sync.Mutex
	faults []string // what the page's console complained of
}

// chromium is started once for all tests and stopped by TestMain.
var chromium struct {
	once sync.Once
	path string
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

// quiet keeps the browser on this machine.
const quiet = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"

func startChromium() {
	if chromium.path, chromium.err = exec.LookPath("chromium"); chromium.err != nil {
		return
	}
	profile, err := os.MkdirTemp("", "sheets-browser-*")
	if err != nil {
		chromium.err = err
		return
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(chromium.path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("host-resolver-rules", quiet))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	chromium.stop = []func(){func() { _ = os.RemoveAll(profile) }, stopAlloc, stop}
	chromium.ctx, chromium.err = ctx, chromedp.Do(ctx)
}

// openTab opens a tab. The tests need Chromium: `make test` installs it.
func openTab(t testing.TB, width, height int64) *tab {
	t.Helper()
	chromium.once.Do(startChromium)
	if chromium.err != nil {
		t.Fatalf("Chromium is needed: %v", chromium.err)
	}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext())
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
			if m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleError {
				b.mu.Lock()
				b.faults = append(b.faults, m.Text+" "+m.URL)
				b.mu.Unlock()
			}
		}
	}()
	b.size(width, height)
	return b
}

func (b *tab) noFaults() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 {
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

// scripts switches JavaScript in pages on or off.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
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

func (b *tab) visit(address string) { b.t.Helper(); b.do(chromedp.Navigate(address)) }

func (b *tab) click(selector string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS(selector))) }

func (b *tab) keys(text string) { b.t.Helper(); b.do(chromedp.KeyEvent(text)) }

func (b *tab) focus(selector string) {
	b.t.Helper()
	js[bool](b, `document.querySelector('`+selector+`').focus(), true`)
}

// enter presses Enter as one event.
func (b *tab) enter() {
	b.t.Helper()
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	call(b, input.DispatchKeyEvent, key)
	key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
	call(b, input.DispatchKeyEvent, key)
}

// shift presses and releases Shift alone.
func (b *tab) shift() {
	b.t.Helper()
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "Shift", Code: "ShiftLeft", WindowsVirtualKeyCode: 16, Modifiers: 8}
	call(b, input.DispatchKeyEvent, key)
	key.Type, key.Modifiers = input.DispatchKeyEventTypeKeyUp, 0
	call(b, input.DispatchKeyEvent, key)
}

// picture writes what the tab shows to $HELPLINE_PICTURES, when that is set.
func (b *tab) picture(name string) {
	dir := os.Getenv("HELPLINE_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("picture %s: %v", name, err)
		return
	}
	keep(b.t, dir, name+".png", png)
}

func keep(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")), data, 0o600); err != nil {
		t.Error(err)
	}
}

// serve puts the house on a port.
func serve(t testing.TB, h *house) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// weather is where "Exit this page" leads in the tests.
func weather(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>Weather</title><p id=w>Sunny</p><p id=from>"+r.Referer()+"</p>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// capital types a letter with Shift held.
func capital(letter string) chromedp.Action[chromedp.Void] {
	return chromedp.KeyEvent(letter, chromedp.KeyModifiers(kb.ModifierShift))
}
