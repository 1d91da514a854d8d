package twilio

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

// person is the number of testdata's payloads.
var person = dialog.Address{Medium: dialog.SMS, Value: "+447700900123"}

// plain compares addresses by value, which they hide from printing.
var plain = cmp.Comparer(func(a, b dialog.Address) bool { return a == b })

func TestTexts(t *testing.T) {
	in := dialog.Inbound{Kind: dialog.InText, Line: "FAMOUT", Medium: dialog.SMS, From: person, At: testNow}
	media := "https://api.twilio.com/2010-04-01/Accounts/" + testAccount + "/Messages/MM00000000000000000000000000000003/Media/"
	tests := []struct {
		payload string
		change  func(url.Values)
		want    func(*dialog.Inbound)
	}{
		{"sms", nil, func(in *dialog.Inbound) {
			in.ProviderID, in.Text = "SM7f0d3c1e5a9b4c2d8e6f1a2b3c4d5e6f", "FAMOUT what is a case conference"
		}},
		{"sms_service", nil, func(in *dialog.Inbound) {
			in.ProviderID, in.Text = "SM00000000000000000000000000000002", "Stop"
		}},
		{"mms", nil, func(in *dialog.Inbound) {
			in.ProviderID, in.Text = "MM00000000000000000000000000000003", "[image/jpeg]\n[text/vcard]"
			in.Media = []dialog.Media{
				{ProviderID: "ME00000000000000000000000000000001", URL: media + "ME00000000000000000000000000000001"},
				{ProviderID: "ME00000000000000000000000000000002", URL: media + "ME00000000000000000000000000000002"},
			}
		}},
		{"sms", func(v url.Values) { v.Del("MessageSid") }, func(in *dialog.Inbound) {
			in.ProviderID, in.Text = "SM7f0d3c1e5a9b4c2d8e6f1a2b3c4d5e6f", "FAMOUT what is a case conference"
		}},
		{"sms", func(v url.Values) { v.Set("Body", "he\xff\xfe said\x00 bye ŵ 😢") }, func(in *dialog.Inbound) {
			in.ProviderID, in.Text = "SM7f0d3c1e5a9b4c2d8e6f1a2b3c4d5e6f", "he\uFFFD said\uFFFD bye ŵ 😢"
		}},
		{"sms", func(v url.Values) { v.Set("NewParameter", "of next year") }, func(in *dialog.Inbound) {
			in.ProviderID, in.Text = "SM7f0d3c1e5a9b4c2d8e6f1a2b3c4d5e6f", "FAMOUT what is a case conference"
		}},
	}
	for _, tt := range tests {
		desk := &notebook{}
		form := payload(t, tt.payload)
		if tt.change != nil {
			tt.change(form)
		}
		got := post(t, serve(t, desk), "/twilio/sms", form)
		if got.Code != http.StatusOK || got.Body.String() != nothing || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/xml") {
			t.Errorf("%s: answered %d %s %q", tt.payload, got.Code, got.Header().Get("Content-Type"), got.Body)
		}
		want := in
		tt.want(&want)
		if diff := cmp.Diff([]dialog.Inbound{want}, desk.got, plain); diff != "" {
			t.Errorf("%s: %s", tt.payload, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	sms := payload(t, "sms")
	without := func(names ...string) url.Values {
		v := payload(t, "sms")
		for _, n := range names {
			v.Del(n)
		}
		return v
	}
	other := payload(t, "sms")
	other.Set("AccountSid", "AC00000000000000000000000000000002")
	good := sign(testToken, testPublic+"/twilio/sms", sms)
	tests := []struct {
		name      string
		body      string
		signature string
		status    int
		says      string
	}{
		{"unsigned", sms.Encode(), "", 403, "X-Twilio-Signature is missing"},
		{"wrongly signed", sms.Encode(), sign("otherToken", testPublic+"/twilio/sms", sms), 403, "does not fit"},
		{"signed for another address", sms.Encode(), sign(testToken, testPublic+"/twilio/voice", sms), 403, "does not fit"},
		{"changed on the way", sms.Encode() + "&Extra=1", good, 403, "does not fit"},
		{"another account", other.Encode(), sign(testToken, testPublic+"/twilio/sms", other), 403, "AccountSid"},
		{"no account", without("AccountSid").Encode(), sign(testToken, testPublic+"/twilio/sms", without("AccountSid")), 400, "missing: AccountSid"},
		{"no sender", without("From").Encode(), sign(testToken, testPublic+"/twilio/sms", without("From")), 400, "missing: From"},
		{"no sender, no id, no words", without("From", "MessageSid", "SmsSid", "Body").Encode(),
			sign(testToken, testPublic+"/twilio/sms", without("From", "MessageSid", "SmsSid", "Body")), 400, "missing: From, MessageSid, Body"},
		{"too large", "Body=" + strings.Repeat("x", 1<<20), good, 413, "larger than 65536"},
		{"not a form", "Body=%zz", good, 400, "not a form"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			desk := &notebook{}
			got := postSigned(t, serve(t, desk), "/twilio/sms", tt.body, tt.signature)
			if got.Code != tt.status || !strings.Contains(got.Body.String(), tt.says) {
				t.Errorf("answered %d %q, want %d %q", got.Code, got.Body, tt.status, tt.says)
			}
			if len(desk.got) != 0 {
				t.Error("the desk was told")
			}
			if strings.Contains(got.Body.String(), testToken) || strings.Contains(got.Body.String(), person.Value) {
				t.Error("the answer gives something away")
			}
		})
	}
}

// A body of unknown length is bounded as well, and JSON is not a form.
func TestOddBodies(t *testing.T) {
	h := serve(t, &notebook{})
	r := httptest.NewRequest(http.MethodPost, "/twilio/sms", io.MultiReader(strings.NewReader("Body="), strings.NewReader(strings.Repeat("x", 1<<20))))
	r.ContentLength = -1
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", "x")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a long stream: %d", w.Code)
	}
	r = httptest.NewRequest(http.MethodPost, "/twilio/sms", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Twilio-Signature", "x")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusUnsupportedMediaType {
		t.Errorf("JSON: %d", w.Code)
	}
}

// When the desk cannot take it, Twilio is asked to come again; when the
// message itself is wrong, it is told so.
func TestDeskRefuses(t *testing.T) {
	var logged strings.Builder
	tests := []struct {
		err    error
		status int
	}{
		{errors.New("the disk is full"), http.StatusServiceUnavailable},
		{&dialog.InvalidError{Field: "text", Problem: "is too long"}, http.StatusBadRequest},
	}
	for _, tt := range tests {
		e := echo.New()
		d := newDriver(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&logged, nil)) })
		d.Mount(e.Group(""), &notebook{err: tt.err})
		if got := post(t, e, "/twilio/sms", payload(t, "sms")); got.Code != tt.status {
			t.Errorf("%v: answered %d, want %d", tt.err, got.Code, tt.status)
		}
	}
	for _, secret := range []string{person.Value, "case conference", testToken} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("logged %q", secret)
		}
	}
}

// The same webhook ten times at once is answered alike every time.
func TestTenAtOnce(t *testing.T) {
	desk := &notebook{}
	h := serve(t, desk)
	var wg sync.WaitGroup
	codes := make([]int, 10)
	for i := range codes {
		wg.Go(func() { codes[i] = post(t, h, "/twilio/sms", payload(t, "sms")).Code })
	}
	wg.Wait()
	for _, code := range codes {
		if code != http.StatusOK {
			t.Errorf("answered %d", code)
		}
	}
	if len(desk.got) != 1 {
		t.Errorf("%d messages, want 1", len(desk.got))
	}
}

func TestReceipts(t *testing.T) {
	tests := []struct {
		payload, path, status string
		want                  dialog.DeliveryReport
	}{
		{"status_delivered", "/twilio/sms/status?line=01jline", "",
			dialog.DeliveryReport{Outbox: "01jline", ProviderID: "SM00000000000000000000000000000004", State: dialog.OutboxDelivered}},
		{"status_undelivered", "/twilio/sms/status?line=01jline", "",
			dialog.DeliveryReport{Outbox: "01jline", ProviderID: "SM00000000000000000000000000000004", State: dialog.OutboxFailed, Code: "30003"}},
		{"status_delivered", "/twilio/sms/status", "sending",
			dialog.DeliveryReport{ProviderID: "SM00000000000000000000000000000004", State: dialog.OutboxSent}},
		{"status_undelivered", "/twilio/sms/status?line=01jline", "failed",
			dialog.DeliveryReport{Outbox: "01jline", ProviderID: "SM00000000000000000000000000000004", State: dialog.OutboxFailed, Code: "30003"}},
	}
	for _, tt := range tests {
		desk := &notebook{}
		form := payload(t, tt.payload)
		if tt.status != "" {
			form.Set("MessageStatus", tt.status)
		}
		if got := post(t, serve(t, desk), tt.path, form); got.Code != http.StatusNoContent {
			t.Errorf("%s: answered %d %q", tt.payload, got.Code, got.Body)
		}
		if diff := cmp.Diff([]dialog.DeliveryReport{tt.want}, desk.reports); diff != "" {
			t.Errorf("%s: %s", tt.payload, diff)
		}
	}
}

func TestReceiptsNobodyNeeds(t *testing.T) {
	form := payload(t, "status_delivered")
	if got := post(t, serve(t, &notebook{err: dialog.ErrNotFound}), "/twilio/sms/status?line=gone", form); got.Code != http.StatusNoContent {
		t.Errorf("an unknown line: %d", got.Code)
	}
	if got := post(t, serve(t, &notebook{err: errors.New("database is away")}), "/twilio/sms/status?line=x", form); got.Code != http.StatusServiceUnavailable {
		t.Errorf("the store is away: %d", got.Code)
	}
	form.Set("MessageStatus", "pondering")
	desk := &notebook{}
	if got := post(t, serve(t, desk), "/twilio/sms/status?line=x", form); got.Code != http.StatusNoContent || len(desk.reports) != 0 {
		t.Errorf("a status of next year: %d, %d reports", got.Code, len(desk.reports))
	}
	form.Del("MessageStatus")
	form.Del("SmsStatus")
	if got := post(t, serve(t, desk), "/twilio/sms/status?line=x", form); got.Code != http.StatusBadRequest {
		t.Errorf("no status: %d", got.Code)
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Body=hi&From=%2B447700900123")
	f.Add("Body=%")
	f.Add("&&=&a")
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/twilio/sms", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, _, err := readForm(r)
		want, wrong := url.ParseQuery(body)
		if strings.Contains(body, ";") { // which net/url no longer takes
			return
		}
		if (err != nil) != (wrong != nil) && len(body) <= maxBody {
			t.Fatalf("read %v, net/url %v", err, wrong)
		}
		if err != nil {
			return
		}
		for name, values := range want {
			if got := form.get(name); got != storable(values[0]) {
				t.Fatalf("%q is %q, net/url says %q", name, got, values[0])
			}
		}
	})
}
