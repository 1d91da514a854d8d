package webchat

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"helpline/dialog"
)

func FuzzParseFrame(f *testing.F) {
	for _, s := range []string{
		`{"type":"hello","token":"","after":0}`, `{"type":"say","id":"a1","text":"hello"}`, `{"type":"say","id":"a","text":"\ud800"}`,
		`{"type":"ping"}`, `{"type":"typing"}`, `{"type":"end"}`, `{"type":"shout"}`, `[]`, `null`, `{`, ``, "\xff", `{"type":"say","id":{}}`,
		`{"type":"hello","after":1e99}`, `{"type":"say","type":"ping"}`, "{\"type\":\"say\",\"id\":\"a\",\"text\":\"\\u0000\"}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, bad := parseFrame(data)
		if bad == "" && !utf8.Valid(data) {
			t.Fatal("invalid UTF-8 was taken")
		}
		if bad != "" {
			if id := idOrNone(frame.ID); id != "" && !validID(id) {
				t.Fatalf("id %q", id)
			}
			return
		}
		text, bad := cleanText(frame.Text)
		if bad == "" && (text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText ||
			strings.ContainsAny(text, "\x00\r\x7f") || text != strings.TrimSpace(text)) {
			t.Fatalf("%q became %q", frame.Text, text)
		}
		if again, _ := cleanText(text); bad == "" && again != text {
			t.Fatalf("cleaning %q again gives %q", text, again)
		}
	})
}

func FuzzPieces(f *testing.F) {
	for _, s := range []string{"ring 999 now", "£999", "01632 960123.", "(0800 254 0088)", "see https://a.example/b?c=d).", "+44 1632 960 123", "a@b.example", "116 123", "10.0116 123", "javascript:alert(1)", "0", "2030-01-02"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		for _, p := range pieces(text) {
			all.WriteString(p.Text)
			href := string(p.Href)
			if href != "" && !strings.HasPrefix(href, "http://") && !strings.HasPrefix(href, "https://") &&
				!strings.HasPrefix(href, "tel:") && !strings.HasPrefix(href, "mailto:") {
				t.Fatalf("%q links to %q", p.Text, href)
			}
		}
		if all.String() != text {
			t.Fatalf("%q became %q", text, all.String())
		}
	})
}

func TestPieces(t *testing.T) {
	tests := []struct {
		text string
		want []piece
	}{
		{"Ring 999.", []piece{{"Ring ", ""}, {"999", "tel:999"}, {".", ""}}},
		{"It costs £999 or 1,999 or 999.", []piece{{"It costs £999 or 1,999 or ", ""}, {"999", "tel:999"}, {".", ""}}},
		{"01630 636000 (day) or +44 1630 636000", []piece{{"01630 636000", "tel:01630636000"}, {" (day) or ", ""}, {"+44 1630 636000", "tel:+441630636000"}}},
		{"Samaritans: 116 123", []piece{{"Samaritans: ", ""}, {"116 123", "tel:116123"}}},
		{"(see https://a.example/x, please)", []piece{{"(see ", ""}, {"https://a.example/x", "https://a.example/x"}, {", please)", ""}}},
		{"write to help@a.example.", []piece{{"write to ", ""}, {"help@a.example", "mailto:help@a.example"}, {".", ""}}},
		{"Prison number A1234BC, room 101", []piece{{"Prison number A1234BC, room 101", ""}}},
		{"javascript:alert(1)", []piece{{"javascript:alert(1)", ""}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, pieces(tt.text)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.text, diff)
		}
	}
}

// The script finds links with the same pattern as the page.
func TestPatternsAgree(t *testing.T) {
	m := regexp.MustCompile(`(?m)^const links = /(.+)/g;$`).FindStringSubmatch(elementsJS)
	if m == nil {
		t.Fatal("elements.js has no pattern of links")
	}
	if got := strings.ReplaceAll(m[1], `\/`, `/`); got != links.String() {
		t.Errorf("elements.js: %s\npieces.go: %s", got, links)
	}
}

// Every text is used, and every text that the scripts use is there.
func TestTextsAreThereAndUsed(t *testing.T) {
	data, err := os.ReadFile("../../content/texts/webchat.en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := yaml.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, k := range textKeys {
		known[k] = true
		if texts["webchat."+k] == "" {
			t.Errorf("no text for webchat.%s", k)
		}
	}
	for k := range texts {
		if !known[strings.TrimPrefix(k, "webchat.")] {
			t.Errorf("%s is used nowhere", k)
		}
	}
	for _, m := range regexp.MustCompile(`\bt\('([\w.]+)'`).FindAllStringSubmatch(elementsJS+leaveJS+chatJS+pageJS+widgetJS, -1) {
		if !known[m[1]] && m[1] != "status." {
			t.Errorf("a script says %q, which is not among the texts", m[1])
		}
	}
}

func TestFrameOfHidesWhatIsForStaff(t *testing.T) {
	from := dialog.Address{Medium: dialog.Webchat, Value: strings.Repeat("ab", 32)}
	for _, kind := range []dialog.EventKind{dialog.Noted, dialog.Assessed, dialog.Raised, dialog.Answered, dialog.Duty, dialog.Unanswered} {
		if _, ok := frameOf(dialog.Event{Kind: kind, Text: "for staff"}, from); ok {
			t.Errorf("%s is shown to the visitor", kind)
		}
	}
	data, err := json.Marshal(dialog.LineData{Name: "Sam", Choices: []string{"a"}, Urgent: true})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)
	got, ok := frameOf(dialog.Event{Seq: 3, Kind: dialog.SaidStaff, Text: "hello", Data: data, At: at, ClientID: "x"}, from)
	want := eventFrame{Type: "event", Seq: 3, Kind: "staff", Text: "hello", Name: "Sam", Choices: []string{"a"}, Urgent: true, At: "2026-03-02T21:04:00Z"}
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	mine, _ := frameOf(dialog.Event{Kind: dialog.SaidIn, ClientID: providerID(from, "m1")}, from)
	if mine.ID != "m1" {
		t.Errorf("the client's own id comes back as %q", mine.ID)
	}
}

func TestAllowance(t *testing.T) {
	now := time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)
	b := newBucket(3, now)
	for range 3 {
		if _, ok := b.take(now, 3, 1); !ok {
			t.Fatal("the burst was refused")
		}
	}
	wait, ok := b.take(now, 3, 1)
	if ok || wait < time.Second || wait > time.Second+10*time.Millisecond {
		t.Fatalf("told to wait %s", wait)
	}
	if _, ok := b.take(now.Add(wait), 3, 1); !ok {
		t.Fatal("refused after waiting as told")
	}
	if err := quick.Check(func(ms int32) bool {
		b := newBucket(3, now)
		b.take(now.Add(time.Duration(ms)*time.Millisecond), 3, 1)
		return b.left >= 0 && b.left <= 3
	}, nil); err != nil {
		t.Error(err)
	}
}
