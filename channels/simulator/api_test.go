package simulator

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twilio/twilio-go/client"
)

func testNetwork(t *testing.T, webhooks string) *Network {
	t.Helper()
	n, err := New(Config{
		AccountSID: "AC1", AuthToken: "token1", WebhookBase: webhooks, SMSNumber: "60777", VoiceNumber: "+441632960001",
		Logger: slog.New(slog.DiscardHandler), Patience: time.Second,
		Now: func() time.Time { return time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// Every webhook carries a signature that Twilio's own library accepts.
func TestWebhooksAreSigned(t *testing.T) {
	v := client.NewRequestValidator("token1")
	asked := map[string]int{}
	var base string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if !v.ValidateBody(base+r.URL.RequestURI(), body, r.Header.Get("X-Twilio-Signature")) {
			t.Errorf("%s: the signature does not fit", r.URL.Path)
		}
		asked[r.URL.Path]++
		if r.URL.Path == "/twilio/voice" {
			_, _ = io.WriteString(w, `<Response><Say>Hello &amp; <emphasis>welcome</emphasis></Say><Pause/><Redirect>voice/next?a=b%20c</Redirect></Response>`)
			return
		}
		if r.URL.Path == "/twilio/sms" {
			_, _ = io.WriteString(w, `<Response><Message>One</Message><Message><Body>Two</Body></Message></Response>`)
		}
	}))
	defer s.Close()
	base = s.URL
	n := testNetwork(t, s.URL)
	if _, err := n.Text(t.Context(), "+447700900123", "60777", "hi ŵ 😢 \xff & = +"); err != nil {
		t.Error(err)
	}
	if in := n.Inbox("+447700900123"); len(in) != 2 || in[0].Body != "One" || in[1].Body != "Two" {
		t.Errorf("replies in TwiML: %+v", in)
	}
	call, err := n.Call(t.Context(), "", "+441632960001")
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"Hello & welcome"}, call.Said()); diff != "" || !call.Ended() {
		t.Error(diff)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if asked["/twilio/sms"] != 1 || asked["/twilio/voice"] != 1 || asked["/twilio/voice/next"] != 1 {
		t.Errorf("asked %v", asked)
	}
}

func TestAPI(t *testing.T) {
	n := testNetwork(t, "http://127.0.0.1:1")
	n.Block("+447700900999", true)
	good := url.Values{"To": {"+447700900123"}, "From": {"60777"}, "Body": {"hello"}}
	with := func(name, value string) url.Values {
		v := url.Values{}
		for k := range good {
			v.Set(k, good.Get(k))
		}
		v.Set(name, value)
		return v
	}
	tests := []struct {
		name, path, user, password string
		form                       url.Values
		status, code               int
	}{
		{"good", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", good, 201, 0},
		{"nobody", "/2010-04-01/Accounts/AC1/Messages.json", "", "", good, 401, 20003},
		{"wrong token", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token2", good, 401, 20003},
		{"another account", "/2010-04-01/Accounts/AC2/Messages.json", "AC1", "token1", good, 404, 20404},
		{"another resource", "/2010-04-01/Accounts/AC1/Faxes.json", "AC1", "token1", good, 404, 20404},
		{"no To", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("To", ""), 400, 21604},
		{"bad To", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("To", "07700 900123"), 400, 21211},
		{"no From", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("From", ""), 400, 21603},
		{"not our From", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("From", "66777"), 400, 21606},
		{"no Body", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("Body", ""), 400, 21602},
		{"long Body", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("Body", strings.Repeat("ŵ", 1601)), 400, 21617},
		{"longest Body", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("Body", strings.Repeat("ŵ", 1600)), 201, 0},
		{"bad callback", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("StatusCallback", "/status"), 400, 21609},
		{"opted out", "/2010-04-01/Accounts/AC1/Messages.json", "AC1", "token1", with("To", "+447700900999"), 400, 21610},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, tt.path, strings.NewReader(tt.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if tt.user != "" {
				r.SetBasicAuth(tt.user, tt.password)
			}
			w := httptest.NewRecorder()
			n.Handler().ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			if tt.code != 0 {
				var e apiError
				if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil || e.Code != tt.code || e.Status != tt.status || e.Message == "" || e.MoreInfo == "" {
					t.Errorf("%s, %v", w.Body, err)
				}
			}
		})
	}
}

// The resource has every field that Twilio documents.
func TestMessageResource(t *testing.T) {
	n := testNetwork(t, "http://127.0.0.1:1")
	form := url.Values{"To": {"+447700900123"}, "From": {"60777"}, "Body": {strings.Repeat("a", 161)}}
	r := httptest.NewRequest(http.MethodPost, "/2010-04-01/Accounts/AC1/Messages.json", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("AC1", "token1")
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	sid, _ := got["sid"].(string)
	if len(sid) != 34 || !strings.HasPrefix(sid, "SM") {
		t.Errorf("sid %q", sid)
	}
	uri := "/2010-04-01/Accounts/AC1/Messages/" + sid
	want := map[string]any{
		"account_sid": "AC1", "api_version": "2010-04-01", "body": strings.Repeat("a", 161), "direction": "outbound-api",
		"date_created": "Mon, 02 Mar 2026 21:04:00 +0000", "date_updated": "Mon, 02 Mar 2026 21:04:00 +0000", "date_sent": nil,
		"error_code": nil, "error_message": nil, "from": "60777", "to": "+447700900123", "messaging_service_sid": nil,
		"num_media": "0", "num_segments": "2", "price": nil, "price_unit": nil, "sid": sid, "status": "queued",
		"subresource_uris": map[string]any{"media": uri + "/Media.json"}, "uri": uri + ".json",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r = httptest.NewRequest(http.MethodGet, uri+".json", nil)
	r.SetBasicAuth("AC1", "token1")
	w = httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), sid) {
		t.Errorf("fetched %d %s", w.Code, w.Body)
	}
}

func TestPatience(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	n := testNetwork(t, s.URL)
	for fragment, attempts := range map[string]int{"#rt=100": 1, "#rt=100&rc=2&rp=rt": 3, "#rt=100&rc=1&rp=all": 2} {
		n.SMSURL = s.URL + "/twilio/sms" + fragment
		sent, err := n.Text(t.Context(), "+447700900123", "60777", "hi")
		if err == nil || sent.Attempts != attempts || sent.Status != 0 {
			t.Errorf("%s: %+v, %v", fragment, sent, err)
		}
	}
}

func FuzzTwiML(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><Response><Say voice="x">Hi</Say><Record/></Response>`))
	f.Add([]byte(`<Response/>`))
	f.Add([]byte(`<Response><Message><Body>a</Body></Message>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		verbs, err := parseTwiML(doc)
		if err != nil && verbs != nil {
			t.Fatal("both verbs and an error")
		}
		for _, v := range verbs {
			if v.name == "" {
				t.Fatal("a verb without a name")
			}
		}
	})
}

func FuzzDuration(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x02\x00\x00\x00ab"))
	f.Fuzz(func(t *testing.T, wav []byte) {
		if d, err := duration(wav); err == nil && (d < 0 || d > time.Duration(len(wav))*time.Second) {
			t.Fatalf("%d bytes last %s", len(wav), d)
		}
	})
}
