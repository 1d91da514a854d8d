package simulator

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// browser uses the pages of a network whose helpline answers with doc.
type browser struct {
	t *testing.T
	n *Network
	s *httptest.Server
}

func open(t *testing.T, helpline http.HandlerFunc) *browser {
	t.Helper()
	h := httptest.NewServer(helpline)
	t.Cleanup(h.Close)
	n := testNetwork(t, h.URL)
	n.Keyword = "FAMOUT"
	n.Speak = func(_ context.Context, text string) ([]byte, error) { return wavOf(len(text) * 100), nil }
	s := httptest.NewServer(n.Handler())
	t.Cleanup(s.Close)
	return &browser{t, n, s}
}

func (b *browser) do(r *http.Request) (status int, page string) {
	b.t.Helper()
	res, err := b.s.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Helper()
	return res.StatusCode, string(body)
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.s.URL+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// wavOf is a WAV file with so many samples at 8 kHz.
func wavOf(samples int) []byte {
	head := "RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\xff\xff\xff\xff"
	return append([]byte(head), make([]byte, 2*samples)...)
}

const voicemail = `<Response><Say>Leave a message.</Say><Record action="/after"/><Say>Nothing heard.</Say></Response>`

func helplineThatRecords(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/twilio/voice":
		_, _ = io.WriteString(w, voicemail)
	case "/after":
		_, _ = io.WriteString(w, `<Response><Say>Saved.</Say></Response>`)
	case "/twilio/sms":
		_, _ = io.WriteString(w, `<Response><Message>See https://helpline.example.org/s/1?a=b&amp;c. &lt;b&gt;</Message></Response>`)
	}
}

func TestTextPage(t *testing.T) {
	b := open(t, helplineThatRecords)
	status, page := b.get("/simulator")
	if status != http.StatusOK || !strings.Contains(page, "Pretend phone network") || !strings.Contains(page, "&#43;447700900") {
		t.Fatalf("%d %s", status, page)
	}
	status, page = b.post("/simulator/text", url.Values{"number": {"07700 900123"}, "body": {"FAMOUT <script>alert(1)</script>"}})
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	for _, want := range []string{
		"FAMOUT &lt;script&gt;alert(1)&lt;/script&gt;", "taken ✓", "delivered ✓✓", "GSM-7",
		`See <a href="https://helpline.example.org/s/1?a=b&amp;c" target="_blank" rel="noopener">https://helpline.example.org/s/1?a=b&amp;c</a>. &lt;b&gt;`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script>alert") {
		t.Error("a message became markup")
	}
	for _, form := range []url.Values{{"number": {"+447700900123"}, "body": {" "}}, {"number": {"abc"}, "body": {"hi"}}} {
		if status, page := b.post("/simulator/text", form); status != http.StatusBadRequest || !strings.Contains(page, `role="alert"`) {
			t.Errorf("%v: %d", form, status)
		}
	}
	if len(b.n.Handsets()) != 1 {
		t.Errorf("handsets %v", b.n.Handsets())
	}
}

// A page that waits is answered as soon as there is something new.
func TestThreadWaits(t *testing.T) {
	b := open(t, helplineThatRecords)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.s.URL+"/simulator/thread?number=%2B447700900123", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	version := res.Header.Get("X-Version")
	answered := make(chan string, 1)
	go func() {
		_, page := b.get("/simulator/thread?number=%2B447700900123&since=" + version)
		answered <- page
	}()
	select {
	case <-answered:
		t.Fatal("answered with nothing new")
	case <-time.After(50 * time.Millisecond):
	}
	if _, err := b.n.Text(t.Context(), "+447700900123", "60777", "hello there"); err != nil {
		t.Fatal(err)
	}
	select {
	case page := <-answered:
		if !strings.Contains(page, "hello there") || strings.Contains(page, "<html") {
			t.Errorf("answered %q", page)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("never answered")
	}
	// A server that stops does not wait for those who wait.
	v, _ := b.n.state()
	status := make(chan int, 1)
	go func() {
		got, _ := b.get("/simulator/thread?since=" + strconv.FormatInt(v, 10))
		status <- got
	}()
	time.Sleep(50 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := b.s.Config.Shutdown(ctx); err != nil {
		t.Errorf("the server did not stop: %v", err)
	}
	if got := <-status; got != http.StatusNoContent {
		t.Errorf("while stopping: %d", got)
	}
}

func TestCallPages(t *testing.T) {
	b := open(t, helplineThatRecords)
	if status, page := b.get("/simulator/ring"); status != http.StatusOK || !strings.Contains(page, "Withhold the number") {
		t.Fatalf("%d %s", status, page)
	}
	ring := func() (path, page string) {
		t.Helper()
		_, page = b.post("/simulator/ring", url.Values{"number": {"+447700900123"}, "withheld": {"1"}})
		at := strings.Index(page, "/simulator/call/CA")
		if at < 0 {
			t.Fatalf("no call in %s", page)
		}
		return page[at : at+len("/simulator/call/")+34], page
	}
	call, page := ring()
	for _, want := range []string{"Leave a message.", "(tone)", "Hang up", call + "/said/0.wav"} {
		if !strings.Contains(page, want) {
			t.Errorf("the call lacks %q", want)
		}
	}
	if status, sound := b.get(call + "/said/0.wav"); status != http.StatusOK || !strings.HasPrefix(sound, "RIFF") {
		t.Errorf("what is said as sound: %d", status)
	}
	for _, path := range []string{call + "/said/99.wav", call + "/said/x", "/simulator/call/CA0", "/simulator/call/CA0/heard"} {
		if status, _ := b.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, page := b.post(call+"/say", url.Values{"words": {"He has stopped eating."}, "then": {"hash"}}); status != http.StatusOK ||
		!strings.Contains(page, "Saved.") || !strings.Contains(page, "The call is over") {
		t.Errorf("words: %d %s", status, page)
	}
	if status, page := b.post(call+"/hangup", nil); status != http.StatusBadRequest || !strings.Contains(page, "The call is over.") {
		t.Errorf("after the end: %d", status)
	}

	call, _ = ring()
	if status, page := b.upload(call+"/record", []byte("not a sound")); status != http.StatusBadRequest || !strings.Contains(page, "not a WAV file") {
		t.Errorf("not a sound: %d", status)
	}
	if status, page := b.upload(call+"/record", wavOf(8000)); status != http.StatusOK || !strings.Contains(page, "Saved.") {
		t.Errorf("a file: %d", status)
	}

	call, _ = ring()
	if status, page := b.post(call+"/silence", nil); status != http.StatusOK || !strings.Contains(page, "Nothing heard.") {
		t.Errorf("silence: %d", status)
	}
	call, _ = ring()
	if status, page := b.post(call+"/dance", nil); status != http.StatusBadRequest || !strings.Contains(page, "cannot do that") {
		t.Errorf("dancing: %d", status)
	}
	if status, _ := b.post(call+"/say", url.Values{"words": {" "}}); status != http.StatusBadRequest {
		t.Errorf("no words: %d", status)
	}
	if status, page := b.post(call+"/hangup", nil); status != http.StatusOK || !strings.Contains(page, "The call is over") {
		t.Errorf("hanging up: %d", status)
	}
}

func (b *browser) upload(path string, wav []byte) (int, string) {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("wav", "message.wav")
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := part.Write(wav); err != nil {
		b.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.s.URL+path, &body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return b.do(r)
}

func TestFaultsPage(t *testing.T) {
	b := open(t, helplineThatRecords)
	if status, page := b.post("/simulator/faults", url.Values{"kind": {"undelivered"}, "times": {"2"}, "code": {"30007"}}); status != http.StatusOK ||
		!strings.Contains(page, "30007") || !strings.Contains(page, "2 times") {
		t.Errorf("%d %s", status, page)
	}
	if diff := cmp.Diff([]Fault{{Kind: Undelivered, Times: 2, Code: 30007}}, b.n.Faults()); diff != "" {
		t.Error(diff)
	}
	if status, _ := b.post("/simulator/faults", url.Values{"kind": {"rain"}}); status != http.StatusBadRequest {
		t.Errorf("rain: %d", status)
	}
	if status, page := b.post("/simulator/faults/mend", nil); status != http.StatusOK || !strings.Contains(page, "All goes well") {
		t.Errorf("mended: %d", status)
	}
	for _, k := range kinds {
		if strings.Contains((Fault{Kind: k.Kind}).Words(), "_") {
			t.Errorf("%s has no words", k.Kind)
		}
	}
}

// Nothing inline, so that the strict policy holds; and no other site may act.
func TestPagesAreStrict(t *testing.T) {
	b := open(t, helplineThatRecords)
	for _, path := range []string{"/simulator", "/simulator/ring", "/simulator/faults"} {
		_, page := b.get(path)
		for _, bad := range []string{"<style", "style=", "onclick=", "javascript:"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
		if strings.Count(page, "<script") != 1 {
			t.Errorf("%s has a script of its own", path)
		}
	}
	for _, path := range []string{"/simulator/static/simulator.js", "/simulator/static/simulator.css"} {
		if status, _ := b.get(path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.s.URL+"/simulator/faults/mend", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _ := b.do(r); status != http.StatusForbidden {
		t.Errorf("another site: %d", status)
	}
}

func TestTelephone(t *testing.T) {
	for in, want := range map[string]string{
		"07700 900123": "+447700900123", "+44 7700 900123": "+447700900123", " 447700900123": "+447700900123",
		"(01632) 960-001": "+441632960001", "": "", "abc": "", "+": "", "0": "", "60777": "",
	} {
		if got := telephone(in); got != want {
			t.Errorf("telephone(%q) = %q, want %q", in, got, want)
		}
	}
}
