package simulator_test

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"helpline/channels/simulator"
	"helpline/channels/twilio"
	"helpline/dialog"
	"helpline/internal/web"
)

// tab is a real Chromium with a pretend microphone.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func openTab(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("Chromium is needed (make test installs it): %v", err)
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	b := &tab{t, ctx}
	if err := chromedp.Do(ctx); err != nil { // starts it, with the life of the test
		t.Fatal(err)
	}
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleException || m.Type == chromedp.ConsoleError {
				t.Errorf("the page complains: %s %s", m.Text, m.URL)
			}
		}
	}()
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	}); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for an expression to become true.
func (b *tab) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	for {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
			b.t.Fatalf("never true: %s\n%s", expression, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *tab) sees(text string) {
	b.t.Helper()
	b.until(`document.body.innerText.includes("` + text + `")`)
}

// picture writes what the tab shows to $HELPLINE_PICTURES, when that is set.
func (b *tab) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("HELPLINE_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// whole is helpline and network behind one address, as in the demonstration.
func whole(t *testing.T) (*house, string) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	e, err := web.New(web.Config{Logger: quiet, Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(e)
	h := &house{seen: map[string]int{}, changed: make(chan struct{})}
	h.net, err = simulator.New(simulator.Config{
		AccountSID: simulator.DemoSID, AuthToken: simulator.DemoToken, WebhookBase: s.URL, SMSNumber: service, VoiceNumber: concern,
		Keyword: "FAMOUT", Pace: 50 * time.Millisecond, Logger: quiet,
		Speak: func(context.Context, string) ([]byte, error) { return tone(1), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.driver, err = twilio.New(twilio.Config{
		AccountSID: simulator.DemoSID, AuthToken: simulator.DemoToken, PublicURL: s.URL, APIURL: s.URL, Logger: quiet,
		SMSLine: "FAMOUT", SMSNumber: service, VoiceLine: "concern",
		Script: twilio.Script{Greeting: "Greeting.", NothingHeard: "Nothing heard.", Error: "Not saved.", Recorded: func(ref string) string { return ref }},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.driver.Mount(e.Group(""), h)
	h.net.Mount(e)
	t.Cleanup(func() {
		if err := h.net.Close(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return h, s.URL
}

func TestBrowserTexts(t *testing.T) {
	h, address := whole(t)
	b := openTab(t)
	b.size(390, 800)
	b.do(chromedp.Navigate(address + "/simulator?number=%2B447700900123"))
	b.sees("Pretend phone network")
	b.do(chromedp.SendKeys(chromedp.CSS("#body"), "what is a case conference?\r"))
	b.sees("FAMOUT what is a case conference?")
	b.sees("taken ✓")
	if len(h.got) != 1 || h.got[0].Text != "FAMOUT what is a case conference?" {
		t.Fatalf("the desk got %d messages", len(h.got))
	}
	// A reply comes to the open page by itself, and its ticks with it.
	out := line("01j1")
	out.Text = "A case conference is a meeting about the person in prison and what they need. See https://helpline.example.org/s/case-conference Text MORE for more."
	if _, err := h.driver.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector(".theirs a").href == "https://helpline.example.org/s/case-conference"`)
	b.sees("delivered ✓✓")
	b.sees("1 segment, GSM-7")
	b.picture("simulator-text")
	b.size(320, 700)
	b.until("document.documentElement.scrollWidth <= 320")
	b.size(1100, 800)
	b.picture("simulator-text-wide")
}

func TestBrowserLeavesAMessage(t *testing.T) {
	h, address := whole(t)
	b := openTab(t)
	b.size(390, 1000)
	b.do(chromedp.Navigate(address+"/simulator/ring"), chromedp.Click(chromedp.CSS(".go")))
	b.sees("Leave a message")
	b.picture("simulator-call")
	b.do(chromedp.Click(chromedp.CSS("[data-start]")))
	b.sees("Recording. Speak now.")
	b.do(chromedp.Sleep(1200*time.Millisecond), chromedp.Click(chromedp.CSS("[data-stop]")))
	b.sees("Saved.")
	b.sees("The call is over")
	h.until(t, "the recording", func() bool { return len(h.got) == 2 })
	message := h.got[1]
	if message.Kind != dialog.InRecording || message.Media[0].Duration < time.Second {
		t.Fatalf("the desk got %s of %s", message.Kind, message.Media[0].Duration)
	}
	body, _, err := h.driver.FetchRecording(t.Context(), message.Media[0].URL)
	if err != nil {
		t.Fatal(err)
	}
	wav, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if rate := binary.LittleEndian.Uint32(wav[24:]); rate != 8000 || !strings.HasPrefix(string(wav), "RIFF") {
		t.Errorf("recorded at %d Hz", rate)
	}
	loud := 0
	for i := 44; i+1 < len(wav); i += 2 {
		if v := int16(binary.LittleEndian.Uint16(wav[i:])); v > 500 || v < -500 {
			loud++
		}
	}
	if loud == 0 {
		t.Error("the recording is silent")
	}
}

func TestBrowserFaults(t *testing.T) {
	h, address := whole(t)
	b := openTab(t)
	b.size(390, 800)
	b.do(chromedp.Navigate(address+"/simulator/faults"), chromedp.SetValue(chromedp.CSS("#kind"), "undelivered"),
		chromedp.SetValue(chromedp.CSS("#code"), "30005"), chromedp.Click(chromedp.CSS(".go")))
	b.until(`document.querySelector(".faults li")?.innerText.includes("30005")`)
	b.picture("simulator-faults")
	if _, err := h.driver.Send(t.Context(), line("01j1")); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Navigate(address + "/simulator"))
	b.sees("undelivered (30005)")
}
