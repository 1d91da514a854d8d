package main

import (
	"net/url"
	"testing"
)

// The example of Twilio's documentation
// (https://www.twilio.com/docs/usage/security#validating-requests).
func TestSignatureOfTwiliosOwnExample(t *testing.T) {
	params := []param{
		{"Digits", "1234"}, {"To", "+18005551212"}, {"From", "+14158675310"}, {"Caller", "+14158675310"}, {"CallSid", "CA1234567890ABCDE"},
	}
	got := newSigner("12345").sign("https://example.com/myapp.php?foo=1&bar=2", params)
	if want := "L/OH5YylLD5NRKLltdqwSvS0BnU="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if params[0].name != "CallSid" || params[4].name != "To" {
		t.Errorf("not sorted: %v", params)
	}
}

func TestASignerForgetsTheMessageBefore(t *testing.T) {
	s := newSigner("12345")
	first := s.sign("https://example.com/a", []param{{"Body", "x"}})
	s.sign("https://example.com/b", []param{{"Body", "something longer than before"}})
	if again := s.sign("https://example.com/a", []param{{"Body", "x"}}); again != first {
		t.Errorf("the same message was signed %s and %s", first, again)
	}
}

func TestEncodedFormReadsBack(t *testing.T) {
	params := []param{{"Body", "he's at HMP Stoke Heath & it's 100% bad + ŵ 😢"}, {"From", "+447700900123"}, {"Empty", ""}}
	values, err := url.ParseQuery(string(encode(nil, params)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range params {
		if got := values.Get(p.name); got != p.value {
			t.Errorf("%s reads back as %q", p.name, got)
		}
	}
}
