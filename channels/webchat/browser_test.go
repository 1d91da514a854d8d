package webchat_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tab is one tab of a real Chromium, in a profile of its own.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string // what the page's console complained of
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
	profile, err := os.MkdirTemp("", "webchat-browser-*")
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
	return b
}

// fresh opens another tab of the same profile.
func (b *tab) fresh() *tab { b.t.Helper(); return newTab(b.t, b.ctx, 800, 700) }

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
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText + "\n" + (document.querySelector('helpline-chat')?.shadowRoot?.textContent || '')`))
			b.t.Fatalf("never true: %s\n%s", expr, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *tab) visit(address string) { b.t.Helper(); b.do(chromedp.Navigate(address)) }

// click presses the mouse on the first element that matches.
func (b *tab) click(selector string) { b.t.Helper(); b.do(chromedp.Click(chromedp.CSS(selector))) }

// focus puts the focus on an element, as a person would with one click.
func (b *tab) focus(selector string) {
	b.t.Helper()
	b.run(`document.querySelector('` + selector + `').focus()`)
}

// keys types, as a keyboard does.
func (b *tab) keys(text string) { b.t.Helper(); b.do(chromedp.KeyEvent(text)) }

// enter presses Enter as one event: a key whose press is taken by the page
// writes nothing, as on a real keyboard.
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

// backTab goes to the control before.
func (b *tab) backTab() {
	b.t.Helper()
	b.do(chromedp.KeyEvent("\t", chromedp.KeyModifiers(kb.ModifierShift)))
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

// wire is a network between browser and service that can be cut.
type wire struct {
	t    testing.TB
	to   string
	addr string
	mu   sync.Mutex
	l    net.Listener
	all  map[net.Conn]bool
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	w := &wire{t: t, to: strings.TrimPrefix(to, "http://"), all: map[net.Conn]bool{}, addr: "127.0.0.1:0"}
	w.mend()
	t.Cleanup(w.cut)
	return w
}

// mend connects again, at the same address.
func (w *wire) mend() {
	w.t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", w.addr)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.l, w.addr = l, l.Addr().String()
	w.mu.Unlock()
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.DialTimeout("tcp", w.to, 5*time.Second)
			if err != nil {
				_ = in.Close()
				continue
			}
			w.mu.Lock()
			w.all[in], w.all[out] = true, true
			w.mu.Unlock()
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
}

// cut drops every connection without a word and takes no new ones.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	_ = w.l.Close()
	for c := range w.all {
		_ = c.Close()
	}
	clear(w.all)
}

// weather is where "Exit this page" leads in the tests.
func weather(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<title>Weather</title><p id=w>Sunny. Came from: "+url.QueryEscape(r.Referer())+"</p>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// secret is the value of the page's cookie.
func (b *tab) secret(address string) string {
	b.t.Helper()
	for _, c := range call(b, network.GetCookies, network.GetCookiesParams{URLs: []string{address + "/chat"}}).Cookies {
		if c.Name == "helpline_chat" {
			return c.Value
		}
	}
	b.t.Fatal("the browser has no cookie of the chat")
	return ""
}

// escape presses Escape.
func escape() chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(kb.Escape) }
