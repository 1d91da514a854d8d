package twilio

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/twilio/twilio-go/client"

	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"slices"

	"helpline/dialog"
)

const (
	testAccount = "AC00000000000000000000000000000001"
	testToken   = "12345678901234567890123456789012"
	testPublic  = "https://helpline.example.org"
)

var testNow = time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)

// notebook is a receiver that writes down what it is brought, and accepts a
// provider's id once as the desk does.
type notebook struct {
	mu      sync.Mutex
	got     []dialog.Inbound
	seen    map[string]bool
	reports []dialog.DeliveryReport
	answer  dialog.Received
	err     error
}

func (n *notebook) Receive(_ context.Context, in dialog.Inbound) (dialog.Received, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil {
		return dialog.Received{}, n.err
	}
	answer := n.answer
	if n.seen[in.ProviderID] {
		answer.Duplicate = true
		return answer, nil
	}
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	n.seen[in.ProviderID] = true
	n.got = append(n.got, in)
	return answer, nil
}

func (n *notebook) Report(_ context.Context, r dialog.DeliveryReport) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.reports = append(n.reports, r)
	return n.err
}

func testConfig() Config {
	return Config{
		AccountSID: testAccount, AuthToken: testToken, PublicURL: testPublic,
		SMSLine: "FAMOUT", SMSNumber: "60777", VoiceLine: "concern",
		Script: Script{
			Greeting: "Greeting.", NothingHeard: "Nothing heard.", Error: "Not saved.", HaveIt: "You have it.", NoKey: "Nobody has it.",
			Recorded: func(ref string) string { return "Saved as " + ref + "." },
		},
		Now: func() time.Time { return testNow },
	}
}

func newDriver(t *testing.T, change ...func(*Config)) *Driver {
	t.Helper()
	c := testConfig()
	for _, f := range change {
		f(&c)
	}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// serve mounts a driver with its desk.
func serve(t *testing.T, desk *notebook) http.Handler {
	t.Helper()
	e := echo.New()
	newDriver(t).Mount(e.Group(""), desk)
	return e
}

// payload reads one of testdata's forms: a line for each parameter, as decoded.
func payload(t *testing.T, name string) url.Values {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".form")
	if err != nil {
		t.Fatal(err)
	}
	v := url.Values{}
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			t.Fatalf("%s: %q is not a parameter", name, line)
		}
		v.Add(key, value)
	}
	return v
}

// sign signs as Twilio's documentation describes it, step by step.
func sign(token, address string, form url.Values) string {
	var keys []string
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		address += k + form[k][0]
	}
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(address))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func post(t *testing.T, h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	return postSigned(t, h, path, form.Encode(), sign(testToken, testPublic+path, form))
}

func postSigned(t *testing.T, h http.Handler, path, body, signature string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	if signature != "" {
		r.Header.Set("X-Twilio-Signature", signature)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The signing of these tests is Twilio's own.
func TestSigningIsTwilios(t *testing.T) {
	form := payload(t, "sms")
	v := client.NewRequestValidator(testToken)
	if !v.ValidateBody(testPublic+"/twilio/sms", []byte(form.Encode()), sign(testToken, testPublic+"/twilio/sms", form)) {
		t.Fatal("twilio-go does not accept what the tests sign")
	}
}
