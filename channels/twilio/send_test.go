package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
)

const secretWords = "he said “goodbye” to the kids"

func outbound() dialog.Outbound {
	return dialog.Outbound{ID: "01jline", Line: "FAMOUT", To: person, Text: secretWords}
}

// api is a server that answers as the given handler, and the driver that asks it.
func api(t *testing.T, h http.HandlerFunc) *Driver {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return newDriver(t, func(c *Config) { c.APIURL = s.URL + "/pretend" })
}

func TestSend(t *testing.T) {
	var form url.Values
	d := api(t, func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		if r.Method != http.MethodPost || r.URL.Path != "/pretend/2010-04-01/Accounts/"+testAccount+"/Messages.json" || user != testAccount || pass != testToken {
			t.Errorf("asked %s %s as %s", r.Method, r.URL.Path, user)
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form = r.PostForm
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"sid":"SM9","status":"queued","num_segments":"2","error_code":null}`)
	})
	got, err := d.Send(t.Context(), outbound())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dialog.Receipt{ProviderID: "SM9", Segments: 2}, got); diff != "" {
		t.Error(diff)
	}
	want := url.Values{
		"To": {"+447700900123"}, "From": {"60777"}, "Body": {`he said "goodbye" to the kids`},
		"StatusCallback": {testPublic + "/twilio/sms/status?line=01jline"},
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Error(diff)
	}
}

func TestSendErrors(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		header string
		want   dialog.SendError
	}{
		{"opted out", 400, `{"code":21610,"message":"Attempt to send to unsubscribed recipient +447700900123","status":400}`, "",
			dialog.SendError{Verdict: dialog.OptedOut, Code: "21610"}},
		{"not a number", 400, `{"code":21211,"message":"Invalid 'To' Phone Number: +447700900123","status":400}`, "",
			dialog.SendError{Verdict: dialog.Fail, Code: "21211"}},
		{"a landline", 400, `{"code":21614,"message":"not a mobile number","status":400}`, "",
			dialog.SendError{Verdict: dialog.Fail, Code: "21614"}},
		{"country not allowed", 403, `{"code":21408,"message":"Permission to send","status":403}`, "",
			dialog.SendError{Verdict: dialog.Fail, Code: "21408"}},
		{"too long", 400, `{"code":21617,"message":"The concatenated message body exceeds the 1600 character limit","status":400}`, "",
			dialog.SendError{Verdict: dialog.Fail, Code: "21617"}},
		{"something of next year", 400, `{"code":29999,"message":"?","status":400}`, "", dialog.SendError{Verdict: dialog.Fail, Code: "29999"}},
		{"too many", 429, `{"code":20429,"message":"Too Many Requests","status":429}`, "7",
			dialog.SendError{Verdict: dialog.Retry, Code: "20429", RetryAfter: 7 * time.Second}},
		{"too many, a date", 429, `{"code":20429,"message":"Too Many Requests","status":429}`, "Mon, 02 Mar 2026 21:05:00 GMT",
			dialog.SendError{Verdict: dialog.Retry, Code: "20429", RetryAfter: time.Minute}},
		{"queue full", 400, `{"code":21611,"message":"queue","status":400}`, "", dialog.SendError{Verdict: dialog.Retry, Code: "21611"}},
		{"broken", 500, `{"code":20500,"message":"Internal","status":500}`, "", dialog.SendError{Verdict: dialog.Retry, Code: "20500"}},
		{"a proxy's page", 503, `<html>busy</html>`, "2", dialog.SendError{Verdict: dialog.Retry, RetryAfter: 2 * time.Second}},
		{"wrong token", 401, `{"code":20003,"message":"Authenticate","status":401}`, "",
			dialog.SendError{Verdict: dialog.Retry, Code: "20003", RetryAfter: time.Minute}},
		{"sent away", 307, ``, "", dialog.SendError{Verdict: dialog.Retry}},
		{"not JSON, but taken", 201, `<html>`, "", dialog.SendError{Verdict: dialog.Uncertain}},
		{"no id, but taken", 201, `{}`, "", dialog.SendError{Verdict: dialog.Uncertain}},
		{"taken and failed", 201, `{"sid":"SM9","status":"failed","error_code":30006}`, "", dialog.SendError{Verdict: dialog.Fail, Code: "30006"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := api(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			})
			_, err := d.Send(t.Context(), outbound())
			var got *dialog.SendError
			if !errors.As(err, &got) {
				t.Fatalf("%v is not a SendError", err)
			}
			if got.Verdict != tt.want.Verdict || got.Code != tt.want.Code || got.RetryAfter != tt.want.RetryAfter {
				t.Errorf("got %s %q %s, want %s %q %s", got.Verdict, got.Code, got.RetryAfter, tt.want.Verdict, tt.want.Code, tt.want.RetryAfter)
			}
			keepsQuiet(t, err)
		})
	}
}

func keepsQuiet(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"goodbye", person.Value, "447700900123", testToken, testAccount} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q gives away %q", err, secret)
		}
	}
}

func verdictOf(t *testing.T, err error) dialog.Verdict {
	t.Helper()
	var got *dialog.SendError
	if !errors.As(err, &got) {
		t.Fatalf("%v is not a SendError", err)
	}
	keepsQuiet(t, err)
	return got.Verdict
}

// Whether a line may be sent again depends on how far the request came.
func TestSendLosesTheConnection(t *testing.T) {
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		_, err = newDriver(t, func(c *Config) { c.APIURL = "http://" + address }).Send(t.Context(), outbound())
		if v := verdictOf(t, err); v != dialog.Retry {
			t.Errorf("%s: %v", v, err)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		d := api(t, func(_ http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Error(err)
			}
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := d.Send(ctx, outbound())
		if v := verdictOf(t, err); v != dialog.Uncertain || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", v, err)
		}
	})
	t.Run("hung up on", func(t *testing.T) {
		d := api(t, func(_ http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Error(err)
			}
			panic(http.ErrAbortHandler)
		})
		_, err := d.Send(t.Context(), outbound())
		if v := verdictOf(t, err); v != dialog.Uncertain {
			t.Errorf("%s: %v", v, err)
		}
	})
	t.Run("hung up in the middle of the answer", func(t *testing.T) {
		d := api(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, `{"sid":`)
		})
		_, err := d.Send(t.Context(), outbound())
		if v := verdictOf(t, err); v != dialog.Uncertain {
			t.Errorf("%s: %v", v, err)
		}
	})
	t.Run("too late to begin", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newDriver(t).Send(ctx, outbound())
		if v := verdictOf(t, err); v != dialog.Retry {
			t.Errorf("%s: %v", v, err)
		}
	})
	t.Run("nobody to send to", func(t *testing.T) {
		out := outbound()
		out.To.Value = ""
		_, err := newDriver(t).Send(t.Context(), out)
		if v := verdictOf(t, err); v != dialog.Fail || !errors.Is(err, dialog.ErrNoAddress) {
			t.Errorf("%s: %v", v, err)
		}
	})
}

func TestNew(t *testing.T) {
	_, err := New(Config{AccountSID: "AC 1", PublicURL: "helpline.example", APIURL: "ftp://x", VoiceLine: "v"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, fault := range []string{"account SID", "auth token", "public URL", "API URL", "script"} {
		if !strings.Contains(err.Error(), fault) {
			t.Errorf("%q does not name the %s", err, fault)
		}
	}
	if b, err := json.Marshal(struct{ To dialog.Address }{person}); err != nil || strings.Contains(string(b), "7700") {
		t.Errorf("an address prints itself: %s %v", b, err)
	}
}
