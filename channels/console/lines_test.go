package console_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// testsLines has the house's lines tested from outside; what is in down does
// not come in, and why.
func (h *house) testsLines(down map[dialog.LineID]error, prisons ...dialog.PrisonID) {
	in := func(line dialog.LineID, medium dialog.Medium) func(context.Context, desk.TestMessage) error {
		return func(ctx context.Context, m desk.TestMessage) error {
			if err := down[line]; err != nil {
				return err
			}
			in := dialog.Inbound{Kind: dialog.InText, Line: line, Medium: medium, ProviderID: "SM" + string(m.ID), Text: m.Text,
				From: dialog.Address{Medium: medium, Value: "outside-" + string(m.ID)}}
			if medium == dialog.Voice {
				in.Kind, in.ProviderID, in.CallID = dialog.InCall, "CA"+m.Mark, "CA"+m.Mark
				if _, err := h.Receive(ctx, in); err != nil {
					return err
				}
				in.Kind, in.ProviderID = dialog.InRecording, "RE"+m.Mark
			}
			_, err := h.Receive(ctx, in)
			return err
		}
	}
	h.LineTests = desk.LineTests{
		Every: 24 * time.Hour, First: time.Hour, Within: 4 * time.Second, Ack: 4 * time.Hour, Prisons: prisons, Lines: []desk.TestedLine{
			{Line: smsLine, Medium: dialog.SMS, Words: true, Send: in(smsLine, dialog.SMS)},
			{Line: voiceLine, Medium: dialog.Voice, Send: in(voiceLine, dialog.Voice)},
			{Line: chatLine, Medium: dialog.Webchat, Words: true, Send: in(chatLine, dialog.Webchat)},
		},
	}
}

func (h *house) runLines(t testing.TB) map[dialog.LineID]dialog.LineTest {
	t.Helper()
	tests, err := h.RunLineTests(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	byLine := map[dialog.LineID]dialog.LineTest{}
	for _, x := range tests {
		byLine[x.Line] = x
	}
	return byLine
}

// A test stands in the queue as what it is, behind everybody, and goes with one press.
func TestATestInTheQueue(t *testing.T) {
	h := open(t)
	h.testsLines(nil, "stoke-heath")
	tests := h.runLines(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.Responder))
	queue := b.get("/console")
	queue.has(t, "Nobody is waiting, 3 tests of the lines to be seen", "A test of the line came in", "Nobody is at risk", "Stoke Heath", "Test seen", "Nobody waiting: since")
	queue.lacks(t, "Immediate", "wants to die", "To do:")
	h.texts(t, "+447700900123", "FAMOUT "+worry)
	queue = b.get("/console")
	if first, test := strings.Index(queue.body, "Immediate"), strings.Index(queue.body, "A test of the line"); first < 0 || first > test {
		t.Error("a test stands before somebody who may die")
	}
	queue.has(t, "1 waiting, 1 immediate, 3 tests of the lines to be seen")

	page := b.get("/console/conversations/" + string(tests[smsLine].Conversation))
	page.has(t, "A test of the line: nobody is at risk.", "Say that you saw it", "Never sent", "nothing is sent to its address", "Nobody is there to write to")
	page.lacks(t, "Take over", "Write down what was done", "Raise a concern", "Close conversation")
	b.get("/console/conversations/"+string(tests[voiceLine].Conversation)).has(t, "A test of the line: nobody spoke.")

	b.get("/console/lines").has(t, "by every way", "every day", "Came out in", "Nobody has seen it yet", "Not yet")
	seen := func(line dialog.LineID, back, want string) {
		t.Helper()
		r := b.post("/console/conversations/"+string(tests[line].Conversation)+"/test-seen", url.Values{"back": {back}})
		r.has(t, "Written down that you saw the test.", want)
	}
	seen(smsLine, "queue", "2 tests of the lines to be seen")
	seen(voiceLine, "lines", "by Sam")
	seen(chatLine, "", "Somebody saw it.")
	b.get("/console").lacks(t, "A test of the line came in", "to be seen")
	lines := b.get("/console/lines")
	lines.has(t, "seen in", "by Sam", "good")
	lines.lacks(t, "Overdue", "Test all lines now")
	if r := b.post("/console/conversations/"+string(h.texts(t, "+447700900124", "FAMOUT "+worry).Conversation)+"/test-seen", url.Values{}); r.status != http.StatusUnprocessableEntity {
		t.Errorf("a worry was acknowledged as a test: %d", r.status)
	}
}

// A line that is down: in words, in red, and whoever manages can try again.
func TestALineThatIsDown(t *testing.T) {
	h := open(t)
	down := map[dialog.LineID]error{smsLine: errors.New("the address answered 502 Bad Gateway")}
	h.testsLines(down)
	tests := h.runLines(t)
	maya := h.signedIn(t, h.hire(t, "Maya", dialog.ManagerRole))
	why := "It did not come in within 4 seconds: the address answered 502 Bad Gateway."
	lines := maya.get("/console/lines")
	lines.has(t, "Not working, or not for too long: 1 of 3.", "Failed", why, "Never", "c-lines__line--overdue", "Test all lines now")
	maya.get("/console").has(t, "A test of this line failed")
	maya.get("/console/conversations/"+string(tests[smsLine].Conversation)).has(t, "It failed: what is wrong stands below", "The line test failed. "+strings.TrimSuffix(why, "."))

	delete(down, smsLine)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); h.TestLines(ctx) }()
	defer func() { cancel(); <-done }()
	maya.post("/console/lines/run", url.Values{}).has(t, "The lines are being tested")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if strings.Count(text(maya.get("/console/lines").body), "Came out in") == 3 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the tests do not come out: %s", text(maya.get("/console/lines").body))
		}
	}
}

// When the lists were last empty, day by day.
func TestListsDayByDay(t *testing.T) {
	h := open(t)
	b := h.signedIn(t, h.hire(t, "Sam", dialog.SaferCustody))
	b.get("/console").has(t, "Nobody waiting: since", "All voice messages heard: since", "The list has been empty since", "Today")
	h.rings(t, "")
	b.get("/console").has(t, "Nobody waiting: last", "All voice messages heard: last", "last in the day at")
}

// The report as a page and for a spreadsheet: figures, no words, nobody's name
// or number, and nothing that a spreadsheet would run.
func TestReport(t *testing.T) {
	h := open(t)
	sam := h.hire(t, "Sam", dialog.SaferCustody)
	maya := h.signedIn(t, h.hire(t, "Maya", dialog.ManagerRole))
	for n := range 3 {
		h.texts(t, fmt.Sprintf("+44770090012%d", n), "FAMOUT "+worry)
	}
	got := h.texts(t, "+447700900120", "FAMOUT his name is Jordan Example A1234BC")
	c, _ := h.concern(t, got.Conversation)
	if err := h.Meet(t.Context(), sam, c.ID, dialog.Acknowledge, "rang +447700900120"); err != nil {
		t.Fatal(err)
	}
	h.testsLines(nil)
	h.runLines(t)
	// A team whose id somebody chose badly.
	if err := h.store.Do(t.Context(), func(tx dialog.Tx) error {
		conv, err := tx.Conversation(got.Conversation)
		if err != nil {
			return err
		}
		before := conv.Version
		conv.Version++
		conv.Team = `=HYPERLINK("http://evil.example","x")`
		return tx.UpdateConversation(conv, before)
	}); err != nil {
		t.Fatal(err)
	}
	page := maya.get("/console/reports")
	page.has(t, "Concerns raised", "Immediate", "Stoke Heath", "Text message", "Suicide or self-harm", "Acknowledge", "under a second", "No prison named", "At some time on 1 of 1 days (100 %)")
	secrets := []string{"trainers", "700900", "Jordan", "A1234BC", "Sam", "wants to die"}
	page.lacks(t, secrets...)
	r := maya.get("/console/reports.csv?from=" + time.Now().AddDate(0, 0, -1).Format(desk.DayFormat))
	if r.status != http.StatusOK || !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(r.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v", r.status, r.header)
	}
	r.lacks(t, secrets...)
	rows, err := csv.NewReader(strings.NewReader(r.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, row := range rows {
		have[strings.Join(row[:3], "|")] = row[3]
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
		}
	}
	for key, want := range map[string]string{
		"concerns|all|raised": "3", "level|Immediate|concerns": "3", "prison|Stoke Heath|concerns": "3", "channel|Text message|concerns": "3",
		"duty|Acknowledge, All levels|done": "1", "duty|Acknowledge, All levels|open": "2", "duty|Acknowledge, Immediate|median seconds": "0",
		"silent misses found|all|messages": "0", "line tests|Telephone|made": "1", `team|'=HYPERLINK("http://evil.example","x")|concerns`: "1",
		"lists|All voice messages heard|days looked at": "1",
	} {
		if have[key] != want {
			t.Errorf("%s: %q instead of %q", key, have[key], want)
		}
	}
	for address, want := range map[string]string{
		"/console/reports?from=2026-13-01": "is not a day", "/console/reports?from=2026-03-02&to=2026-03-01": "ends before it begins",
		"/console/reports?from=1900-01-01": "longer than ten years", "/console/reports.csv?from=x": "is not a day",
	} {
		if r := maya.get(address); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", address, r.status)
		} else {
			r.has(t, want)
		}
	}
	maya.get("/console/reports?from=2020-01-01&to=2020-01-31").has(t, "No concern was raised.", "None was raised.", "None was made.", "Nobody had looked yet.", "1 January 2020 to 31 January 2020")
}

// The pages as people see them, on a desk's screen and on a telephone.
func TestLinesAndReportsInABrowser(t *testing.T) {
	h := open(t)
	mo := h.hire(t, "Mo", dialog.Admin)
	h.testsLines(map[dialog.LineID]error{chatLine: errors.New("the chat answered 400 Bad Request instead of opening a websocket: the proxy has to let them through")}, "stoke-heath", "barlinnie")
	h.texts(t, "+447700900123", "FAMOUT "+worry)
	h.rings(t, "+447700900300")
	tests, err := h.RunLineTests(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tests[:2] {
		if err := h.SeeLineTest(t.Context(), mo, x.Conversation); err != nil {
			t.Fatal(err)
		}
	}
	script := audit(t)
	b := openTab(t, 1280, 900)
	b.signIn(h, mo)
	for name, path := range map[string]string{
		"lines": "/lines", "report": "/reports", "queue-tests": "", "test": "/conversations/" + string(tests[2].Conversation),
	} {
		b.visit(h.web.URL + "/console" + path)
		b.until(`document.documentElement.classList.contains('js')`)
		for width, size := range map[int64]string{1280: "wide", 390: "phone"} {
			b.size(width, 900)
			b.run(`for (const d of document.querySelectorAll('details')) d.open = true`)
			if faults := js[string](b, script); faults != "" {
				t.Errorf("%s at %d:\n%s", name, width, faults)
			}
			noSidewaysScroll(b)
			b.size(width, max(900, js[int64](b, `document.documentElement.scrollHeight`)))
			b.picture(name + "-" + size)
		}
	}

	// One press in the queue, and the row is gone though the page is not left.
	b.size(1280, 900)
	b.visit(h.web.URL + "/console")
	b.says("A test of the line came in")
	b.click(".c-row--test:not(.c-row--failed) button")
	b.says("Written down that you saw the test.")
	b.until(`!document.body.innerText.includes('A test of the line came in')`)
}
