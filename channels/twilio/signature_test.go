package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/twilio/twilio-go/client"
)

func fieldsOf(t testing.TB, body string) []field {
	t.Helper()
	values, err := url.ParseQuery(body)
	if err != nil {
		t.Fatal(err)
	}
	var fields []field
	for k, vs := range values {
		for _, v := range vs {
			fields = append(fields, field{k, v})
		}
	}
	return fields
}

// Whatever twilio-go's validator says, ours says too.
func TestSignatureAgreesWithTwilioGo(t *testing.T) {
	body := payload(t, "sms").Encode()
	sms := payload(t, "sms")
	twice := url.Values{"A": {"2", "1"}, "B": {"x"}}
	unicode := url.Values{"Body": {"Llanfair-pwll ŵ 😢 \xff"}, "From": {"+447700900123"}}
	tests := []struct {
		name, public, path string
		form               url.Values
		signedURL          string
	}{
		{"plain", testPublic, "/twilio/sms", sms, testPublic + "/twilio/sms"},
		{"query", testPublic, "/twilio/sms/status?line=01j&x=a%20b", sms, testPublic + "/twilio/sms/status?line=01j&x=a%20b"},
		{"Twilio adds the port", testPublic, "/twilio/voice", sms, "https://helpline.example.org:443/twilio/voice"},
		{"Twilio adds the port to http", "http://helpline.example.org", "/twilio/voice", sms, "http://helpline.example.org:80/twilio/voice"},
		{"Twilio leaves the port out", "https://helpline.example.org:8443", "/twilio/voice", sms, "https://helpline.example.org/twilio/voice"},
		{"port kept", "https://helpline.example.org:8443", "/twilio/voice", sms, "https://helpline.example.org:8443/twilio/voice"},
		{"a parameter twice", testPublic, "/twilio/sms", twice, testPublic + "/twilio/sms"},
		{"unicode and broken bytes", testPublic, "/twilio/sms", unicode, testPublic + "/twilio/sms"},
		{"no parameters", testPublic, "/twilio/sms", url.Values{}, testPublic + "/twilio/sms"},
		{"another host", testPublic, "/twilio/sms", sms, "https://evil.example/twilio/sms"},
		{"another path", testPublic, "/twilio/sms", sms, testPublic + "/twilio/voice"},
		{"http for https", testPublic, "/twilio/sms", sms, "http://helpline.example.org/twilio/sms"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signature := sign(testToken, tt.signedURL, tt.form)
			for _, token := range []string{testToken, "anotherToken"} {
				v := client.NewRequestValidator(token)
				want := v.ValidateBody(tt.public+tt.path, []byte(tt.form.Encode()), signature)
				got := newSigner(token, tt.public).valid(tt.path, fieldsOf(t, tt.form.Encode()), signature)
				if got != want {
					t.Errorf("with token %.5s: %v, twilio-go says %v", token, got, want)
				}
			}
		})
	}
	for _, bad := range []string{"", "x", strings.Repeat("A", 27) + "=", "not base64 at all!!"} {
		if newSigner(testToken, testPublic).valid("/twilio/sms", fieldsOf(t, body), bad) {
			t.Errorf("signature %q was accepted", bad)
		}
	}
}

// Twilio's Python, Java and C# libraries sign all different values of a
// parameter, sorted.
func TestSignatureOfRepeatedParameter(t *testing.T) {
	h := hmac.New(sha1.New, []byte(testToken))
	h.Write([]byte(testPublic + "/twilio/sms" + "A1A2Bx"))
	signature := base64.StdEncoding.EncodeToString(h.Sum(nil))
	fields := []field{{"A", "2"}, {"B", "x"}, {"A", "1"}, {"A", "2"}}
	if !newSigner(testToken, testPublic).valid("/twilio/sms", fields, signature) {
		t.Error("not accepted")
	}
}

// Behind a proxy the public URL may have a path, which is left in place or not.
func TestSignatureBelowAPath(t *testing.T) {
	form := url.Values{"Body": {"hi"}}
	signature := sign(testToken, testPublic+"/help/twilio/sms", form)
	s := newSigner(testToken, testPublic+"/help")
	for _, path := range []string{"/twilio/sms", "/help/twilio/sms"} {
		if !s.valid(path, fieldsOf(t, form.Encode()), signature) {
			t.Errorf("%s was not accepted", path)
		}
	}
}

func FuzzSignature(f *testing.F) {
	f.Add("Body=hi&From=%2B44", "sig")
	f.Add("A=1&A=2&A=2", "")
	f.Fuzz(func(t *testing.T, body, signature string) {
		values, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		address := testPublic + "/twilio/sms"
		v := client.NewRequestValidator(testToken)
		s := newSigner(testToken, testPublic)
		if s.valid("/twilio/sms", fieldsOf(t, body), signature) && !v.ValidateBody(address, []byte(body), signature) {
			t.Fatal("accepted a signature that twilio-go refuses")
		}
		if !s.valid("/twilio/sms", fieldsOf(t, body), sign(testToken, address, values)) {
			t.Fatal("refused a right signature")
		}
	})
}

func BenchmarkSignature(b *testing.B) {
	t := &testing.T{}
	form := payload(t, "sms")
	fields := fieldsOf(b, form.Encode())
	signature := sign(testToken, testPublic+"/twilio/sms", form)
	s := newSigner(testToken, testPublic)
	b.ReportAllocs()
	for b.Loop() {
		if !s.valid("/twilio/sms", fields, signature) {
			b.Fatal("refused")
		}
	}
}
