package twilio

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
)

// verb is one element of TwiML, as Twilio would read it.
type verb struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
}

func (v verb) attr(name string) string {
	for _, a := range v.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// script tells TwiML in one line: what is said, and the names of other verbs.
func script(t *testing.T, body string) (line string, verbs []verb) {
	t.Helper()
	var doc struct {
		XMLName xml.Name `xml:"Response"`
		Verbs   []verb   `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	var told []string
	for _, v := range doc.Verbs {
		if v.XMLName.Local == "Say" {
			told = append(told, v.Text)
		} else {
			told = append(told, "<"+v.XMLName.Local+">")
		}
	}
	return strings.Join(told, " "), doc.Verbs
}

func TestCalls(t *testing.T) {
	greeted := dialog.Received{Ref: "1234567", Lines: []dialog.Event{{Text: "From the desk & more."}}, Then: dialog.ThenRecord}
	saved := dialog.Received{Ref: "1234567", Lines: []dialog.Event{{Text: "Saved."}}, Then: dialog.ThenHangUp}
	waiting := " <Record> Nothing heard. <Record> Nothing heard. <Hangup>"
	tests := []struct {
		name, payload, path string
		desk                *notebook
		want                string
	}{
		{"rings", "call", "/twilio/voice", &notebook{answer: greeted}, "From the desk & more." + waiting},
		{"rings twice", "call", "/twilio/voice", &notebook{answer: dialog.Received{}}, "Greeting." + waiting},
		{"rings while the store is away", "call", "/twilio/voice", &notebook{err: errors.New("away")}, "Greeting." + waiting},
		{"the desk wants no message", "call", "/twilio/voice", &notebook{answer: saved}, "Saved. <Hangup>"},
		{"left a message", "recorded", "/twilio/voice/recorded", &notebook{answer: saved}, "Saved. <Hangup>"},
		{"left a message that came before", "recorded", "/twilio/voice/recorded",
			&notebook{answer: dialog.Received{Ref: "1234567"}}, "Saved as 1234567. <Hangup>"},
		{"may say more", "recorded", "/twilio/voice/recorded", &notebook{answer: greeted}, "From the desk & more." + waiting},
		{"left a message while the store is away", "recorded", "/twilio/voice/recorded", &notebook{err: errors.New("away")}, "Not saved. <Hangup>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := post(t, serve(t, tt.desk), tt.path, payload(t, tt.payload))
			if got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/xml") {
				t.Fatalf("answered %d %s", got.Code, got.Body)
			}
			line, verbs := script(t, got.Body.String())
			if line != tt.want {
				t.Errorf("got  %s\nwant %s", line, tt.want)
			}
			for _, v := range verbs {
				switch v.XMLName.Local {
				case "Say":
					if v.attr("language") != "en-GB" || v.attr("voice") != "Polly.Amy-Neural" {
						t.Errorf("said with %v", v.Attrs)
					}
				case "Record":
					want := map[string]string{
						"action":                  testPublic + "/twilio/voice/recorded",
						"recordingStatusCallback": testPublic + "/twilio/voice/recording#rc=5&rp=all",
						"maxLength":               "300", "timeout": "15", "playBeep": "true", "finishOnKey": "#", "trim": "do-not-trim",
					}
					for name, value := range want {
						if v.attr(name) != value {
							t.Errorf("Record %s=%q, want %q", name, v.attr(name), value)
						}
					}
				}
			}
		})
	}
}

func TestWhatTheDeskHears(t *testing.T) {
	known := dialog.Address{Medium: dialog.Voice, Value: "+447700900123"}
	unknown := dialog.Address{Medium: dialog.Voice}
	message := dialog.Inbound{
		Kind: dialog.InRecording, Line: "concern", Medium: dialog.Voice, From: known, At: testNow,
		ProviderID: "RE00000000000000000000000000000006", CallID: "CA00000000000000000000000000000005",
		Media: []dialog.Media{{
			ProviderID: "RE00000000000000000000000000000006", Duration: 23 * time.Second,
			URL: "https://api.twilio.com/2010-04-01/Accounts/" + testAccount + "/Recordings/RE00000000000000000000000000000006",
		}},
	}
	callback := message
	callback.From = unknown
	silent := callback
	silent.Media = []dialog.Media{callback.Media[0]}
	silent.Media[0].Duration = 0
	rings := dialog.Inbound{
		Kind: dialog.InCall, Line: "concern", Medium: dialog.Voice, From: known, At: testNow,
		ProviderID: "CA00000000000000000000000000000005", CallID: "CA00000000000000000000000000000005",
	}
	hidden := rings
	hidden.From = unknown
	tests := []struct {
		payload, path string
		want          []dialog.Inbound
	}{
		{"call", "/twilio/voice", []dialog.Inbound{rings}},
		{"call_withheld", "/twilio/voice", []dialog.Inbound{hidden}},
		{"recorded", "/twilio/voice/recorded", []dialog.Inbound{message}},
		{"recorded_hangup", "/twilio/voice/recorded", []dialog.Inbound{silent}},
		{"recording", "/twilio/voice/recording", []dialog.Inbound{callback}},
		{"recording_absent", "/twilio/voice/recording", nil},
		{"call", "/twilio/voice/status", nil},
	}
	for _, tt := range tests {
		desk := &notebook{}
		if got := post(t, serve(t, desk), tt.path, payload(t, tt.payload)); got.Code >= 300 {
			t.Errorf("%s: answered %d %s", tt.payload, got.Code, got.Body)
		}
		if diff := cmp.Diff(tt.want, desk.got, plain); diff != "" {
			t.Errorf("%s: %s", tt.payload, diff)
		}
	}
	for _, from := range []string{"anonymous", "Anonymous", "Restricted", "+7378742833", "", " "} {
		desk := &notebook{}
		form := payload(t, "call")
		form.Set("From", from)
		post(t, serve(t, desk), "/twilio/voice", form)
		if len(desk.got) != 1 || !desk.got[0].From.Withheld() {
			t.Errorf("a call from %q is not withheld", from)
		}
	}
}

// A recording that was not stored is asked for again, whichever came first.
func TestRecordingIsRepeated(t *testing.T) {
	desk := &notebook{err: errors.New("away")}
	h := serve(t, desk)
	if got := post(t, h, "/twilio/voice/recording", payload(t, "recording")); got.Code != http.StatusServiceUnavailable {
		t.Errorf("while the store is away: %d", got.Code)
	}
	desk.err = nil
	for _, path := range []string{"/twilio/voice/recording", "/twilio/voice/recording", "/twilio/voice/recorded"} {
		name := strings.TrimPrefix(path, "/twilio/voice/")
		if got := post(t, h, path, payload(t, name)); got.Code >= 300 {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
	if len(desk.got) != 1 {
		t.Errorf("%d messages, want 1", len(desk.got))
	}
	for path, name := range map[string]string{"/twilio/voice": "CallSid", "/twilio/voice/recorded": "RecordingSid", "/twilio/voice/recording": "RecordingUrl"} {
		form := payload(t, "recorded")
		form.Del(name)
		if got := post(t, h, path, form); got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), name) {
			t.Errorf("%s without %s: %d %q", path, name, got.Code, got.Body)
		}
	}
}
