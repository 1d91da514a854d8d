package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"helpline/channels/simulator"
	"helpline/channels/speech"
	"helpline/dialog"
	"helpline/internal/db"
)

// nobody checks that a handset's owner is not known: nothing was accepted.
func (w *world) nobody(number string) {
	w.t.Helper()
	if _, err := w.desk.Resume(w.t.Context(), smsLine, sms(number)); !errors.Is(err, dialog.ErrNotFound) {
		w.t.Errorf("something was accepted from somebody who was refused: %v", err)
	}
}

// TestWebhooksThatAreNotTwilios are refused with 403, and nothing of them is kept.
func TestWebhooksThatAreNotTwilios(t *testing.T) {
	w := newWorld(t, nil)
	c := w.carrier()
	const from = "+447700900401"
	for _, path := range []string{"/twilio/sms", "/twilio/sms/status", "/twilio/voice", "/twilio/voice/recorded", "/twilio/voice/recording"} {
		form := c.textForm("SMbad", from, "famout what is acct")
		for k, v := range map[string]string{"CallSid": "CAbad", "RecordingSid": "REbad", "RecordingUrl": "http://example.org/", "MessageStatus": "sent"} {
			form.Set(k, v)
		}
		changed := url.Values{}
		for k, v := range form {
			changed[k] = v
		}
		changed.Set("Body", "famout something else")
		foreign := url.Values{}
		for k, v := range form {
			foreign[k] = v
		}
		foreign.Set("AccountSid", "AC99999999999999999999999999999999")
		stranger := c
		stranger.token = "another token of somebody else"
		elsewhere := c
		elsewhere.public = "https://helpline.example"
		for name, try := range map[string]struct {
			form      url.Values
			signature string
		}{
			"no signature":          {form, ""},
			"somebody else's token": {form, stranger.sign(path, form)},
			"another address":       {form, elsewhere.sign(path, form)},
			"another path":          {form, c.sign(path+"x", form)},
			"changed on the way":    {changed, c.sign(path, form)},
			"another account":       {foreign, c.sign(path, foreign)},
			"rubbish":               {form, "!!!"},
		} {
			status, answer, err := c.post(t.Context(), path, try.form, try.signature)
			if err != nil || status != http.StatusForbidden || strings.TrimSpace(answer) == "" {
				t.Errorf("%s, %s: %d %q %v", path, name, status, answer, err)
			}
		}
	}
	w.nobody(from)
}

// TestWebhooksWithSomethingMissing name what is missing; what is too large is
// said to be.
func TestWebhooksWithSomethingMissing(t *testing.T) {
	w := newWorld(t, nil)
	c := w.carrier()
	const from = "+447700900402"
	full := map[string]url.Values{
		"/twilio/sms":             c.textForm("SMmissing", from, "famout what is acct"),
		"/twilio/sms/status":      {"AccountSid": {c.sid}, "MessageSid": {"SM1"}, "MessageStatus": {"sent"}},
		"/twilio/voice":           {"AccountSid": {c.sid}, "CallSid": {"CA1"}},
		"/twilio/voice/recorded":  {"AccountSid": {c.sid}, "CallSid": {"CA1"}, "RecordingSid": {"RE1"}, "RecordingUrl": {"x"}},
		"/twilio/voice/recording": {"AccountSid": {c.sid}, "CallSid": {"CA1"}, "RecordingSid": {"RE1"}, "RecordingUrl": {"x"}},
	}
	needed := map[string][]string{
		"/twilio/sms":             {"AccountSid", "From", "Body", "MessageSid"},
		"/twilio/sms/status":      {"AccountSid", "MessageSid", "MessageStatus"},
		"/twilio/voice":           {"AccountSid", "CallSid"},
		"/twilio/voice/recorded":  {"AccountSid", "CallSid", "RecordingSid", "RecordingUrl"},
		"/twilio/voice/recording": {"AccountSid", "CallSid", "RecordingSid", "RecordingUrl"},
	}
	for path, fields := range needed {
		for _, field := range fields {
			form := url.Values{}
			for k, v := range full[path] {
				if k != field && (field != "MessageSid" || k != "SmsSid") {
					form[k] = v
				}
			}
			if status, answer := w.hook(path, form); status != http.StatusBadRequest || !strings.Contains(answer, field) {
				t.Errorf("%s without %s: %d %q", path, field, status, answer)
			}
		}
	}
	large := c.textForm("SMlarge", from, strings.Repeat("a", 1<<20))
	if status, answer := w.hook("/twilio/sms", large); status != http.StatusRequestEntityTooLarge || answer == "" {
		t.Errorf("a body of 1 MB: %d %q", status, answer)
	}
	status, answer, err := c.send(t.Context(), "/twilio/sms", strings.NewReader("Body=%zz&From=%"), "x")
	if err != nil || status != http.StatusBadRequest || !strings.Contains(answer, "form") {
		t.Errorf("a body that is not a form: %d %q %v", status, answer, err)
	}
	w.nobody(from)
}

// TestWordsThatAreNotUTF8 are a message all the same.
func TestWordsThatAreNotUTF8(t *testing.T) {
	w := newWorld(t, nil)
	const from = "+447700900403"
	private("he will hurt himself")
	form := w.carrier().textForm("SMlatin", from, "famout Ren\xe9 says he will hurt himself \x00 tonight\xff")
	if status, answer := w.hook("/twilio/sms", form); status != http.StatusOK {
		t.Fatalf("%d %q", status, answer)
	}
	w.settle(sms(from))
	v := w.view(w.conversation(smsLine, sms(from)).ID)
	said := v.events(dialog.SaidIn)
	if len(said) != 1 || said[0].Text != "famout Ren\uFFFD says he will hurt himself \uFFFD tonight\uFFFD" {
		t.Fatalf("stored as %+v", said)
	}
	if len(v.Concerns) != 1 {
		t.Error("words that are not UTF-8 hid a risk")
	}
	for _, fault := range v.answeredOnce() {
		t.Error(fault)
	}
}

// TestFramesThatAreNotTheProtocols are named as such, and the chat goes on.
func TestFramesThatAreNotTheProtocols(t *testing.T) {
	w := newWorld(t, nil)
	c := w.chat("")
	for raw, code := range map[string]string{
		"hello?":                               "not_json",
		`{"type":"shout","text":"a"}`:          "bad_type",
		`{"type":"say","id":"","text":"a"}`:    "bad_id",
		`{"type":"say","id":"e1","text":"  "}`: "empty",
		`{"type":"say","id":"e2","text":5}`:    "not_json",
		`{"type":"say","id":"e3","text":"` + strings.Repeat("a", 4001) + `"}`: "too_long",
	} {
		c.must(c.ws.WriteMessage(websocket.TextMessage, []byte(raw)))
		if f := c.expect("error"); f.Code != code || f.Text == "" {
			t.Errorf("%.40s: %s %q", raw, f.Code, f.Text)
		}
	}
	if _, err := w.desk.Resume(t.Context(), chatLine, visitorAddress(c.token)); !errors.Is(err, dialog.ErrNotFound) {
		t.Errorf("something of it was kept: %v", err)
	}
	c.must(c.say("m1", "what is a case conference"))
	if f := c.expect("stored"); f.ID != "m1" {
		t.Errorf("stored %q", f.ID)
	}
	for name, bad := range map[string]struct {
		kind int
		data []byte
		code int
	}{
		"too large":  {websocket.TextMessage, []byte(`{"type":"say","id":"big","text":"` + strings.Repeat("a", 17<<10) + `"}`), websocket.CloseMessageTooBig},
		"not UTF-8":  {websocket.TextMessage, []byte("{\"type\":\"say\",\"id\":\"u\",\"text\":\"\xff\"}"), websocket.CloseInvalidFramePayloadData},
		"far larger": {websocket.TextMessage, make([]byte, 1<<20), websocket.CloseMessageTooBig},
	} {
		again := w.chat(c.token)
		_ = again.ws.WriteMessage(bad.kind, bad.data) // it may be closed before all is written
		var err error
		for err == nil {
			_, err = again.next()
		}
		if !websocket.IsCloseError(err, bad.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What was stored before is still shown, once.
	back := w.chat(c.token)
	if f := back.shown("person"); f.ID != "m1" {
		t.Errorf("the visitor's first message is %q", f.ID)
	}
	if n := len(w.view(w.conversation(chatLine, visitorAddress(c.token)).ID).events(dialog.SaidIn)); n != 1 {
		t.Errorf("%d messages are there", n)
	}
}

// browser is a browser with a session at the console.
type browser struct {
	*http.Client
	base, csrf string
}

var csrfInput = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// signIn signs a member of staff in at a service's console.
func signIn(t *testing.T, base, email string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{Client: &http.Client{Jar: jar, Timeout: 60 * time.Second}, base: base}
	b.get(t, "/console/sign-in", http.StatusOK)
	status, page := b.post(t, "/console/sign-in", url.Values{"email": {email}, "password": {demoPassword}})
	if status != http.StatusOK || strings.Contains(page, `name="password"`) {
		t.Fatalf("not signed in: %d", status)
	}
	return b
}

// get reads a page and remembers its form's token.
func (b *browser) get(t *testing.T, path string, want int) (page string) {
	t.Helper()
	res, err := b.Get(b.base + path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != want {
		t.Fatalf("GET %s: %d", path, res.StatusCode)
	}
	if found := csrfInput.FindStringSubmatch(string(body)); found != nil {
		b.csrf = found[1]
		private(b.csrf)
	}
	return string(body)
}

func (b *browser) post(t *testing.T, path string, form url.Values) (status int, page string) {
	t.Helper()
	form.Set("csrf", b.csrf)
	res, err := b.PostForm(b.base+path, form)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if found := csrfInput.FindStringSubmatch(string(body)); found != nil {
		b.csrf = found[1]
		private(b.csrf)
	}
	return res.StatusCode, string(body)
}

// TestAConversationThatDoesNotExist is said not to, at the desk and in the
// console, and nothing comes into being by asking for it.
func TestAConversationThatDoesNotExist(t *testing.T) {
	w := newWorld(t, nil)
	sam := w.workers["sam"]
	ctx := t.Context()
	const none = dialog.ConversationID("0000000000000000000000none")
	for name, act := range map[string]func() error{
		"open":      func() error { _, err := w.desk.Open(ctx, sam, none); return err },
		"take over": func() error { return w.desk.TakeOver(ctx, sam, none) },
		"hand back": func() error { return w.desk.HandBack(ctx, sam, none) },
		"say":       func() error { _, err := w.desk.Say(ctx, sam, none, "hello", ""); return err },
		"note":      func() error { return w.desk.Note(ctx, sam, none, "a note") },
		"reviewed":  func() error { return w.desk.Reviewed(ctx, sam, none) },
		"close":     func() error { return w.desk.CloseConversation(ctx, sam, none) },
		"raise":     func() error { return w.desk.RaiseConcern(ctx, sam, none, dialog.LevelUrgent, nil, "x") },
		"meet":      func() error { return w.desk.Meet(ctx, sam, "none", dialog.Act, "rang") },
		"excuse":    func() error { return w.desk.Excuse(ctx, sam, "none", dialog.Act, "cannot") },
		"end":       func() error { return w.desk.CloseConcern(ctx, sam, "none", "done") },
		"listened":  func() error { return w.desk.Listened(ctx, sam, "none") },
		"audio":     func() error { _, _, err := w.desk.RecordingFile(ctx, sam, "none"); return err },
		"leave":     func() error { return w.desk.Leave(ctx, none) },
		"report": func() error {
			return w.desk.Report(ctx, dialog.DeliveryReport{Outbox: "none", State: dialog.OutboxSent})
		},
	} {
		if err := act(); !errors.Is(err, dialog.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b := signIn(t, w.url, "sam@example.org")
	b.get(t, "/console", http.StatusOK)
	b.get(t, "/console/conversations/"+string(none), http.StatusNotFound)
	b.get(t, "/console/recordings/none", http.StatusNotFound)
	for _, act := range []string{"take", "hand-back", "say", "note", "reviewed", "close", "raise"} {
		form := url.Values{"text": {"hello"}, "note": {"hello"}, "level": {"urgent"}, "words": {"hello"}}
		if status, _ := b.post(t, "/console/conversations/"+string(none)+"/"+act, form); status != http.StatusNotFound {
			t.Errorf("%s in the console: %d", act, status)
		}
	}
	if queue, err := w.desk.Queue(ctx, sam, dialog.QueueFilter{}); err != nil || len(queue) != 0 {
		t.Errorf("the queue holds %d, %v", len(queue), err)
	}
}

// TestARecordingThatCannotBeFetched is in the queue from the start, keeps its
// link, is tried again and fetched when the provider has it.
func TestARecordingThatCannotBeFetched(t *testing.T) {
	t.Parallel() // it waits for the sweep of recordings
	const said = "nobody answers at the prison"
	private(said)
	audio, err := speech.Speak(t.Context(), said)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil)
	w.network.Fail(simulator.Fault{Kind: simulator.NoRecording, Times: 2})
	private("+447700900404")
	call, err := w.network.Call(t.Context(), "+447700900404", w.VoiceNumber)
	w.must(err)
	w.must(call.Record(t.Context(), audio))

	queue, err := w.desk.Queue(t.Context(), w.workers["shirin"], dialog.QueueFilter{})
	w.must(err)
	if len(queue) != 1 || queue[0].Conversation.Waiting != dialog.WaitingVoice {
		t.Fatalf("the queue holds %d conversations", len(queue))
	}
	id := queue[0].Conversation.ID
	recording := func() dialog.Recording {
		t.Helper()
		all := w.view(id).Recordings
		if len(all) != 1 {
			t.Fatalf("%d recordings", len(all))
		}
		return all[0]
	}
	w.eventually("a first try", func() bool { return recording().Attempts > 0 })
	r := recording()
	if r.State != dialog.RecordingToFetch || !strings.Contains(r.URL, "/Recordings/") || !r.NextAt.After(w.now()) {
		t.Errorf("after a first try it is %s, to be tried in %s", r.State, r.NextAt.Sub(w.now()))
	}
	queue, err = w.desk.Queue(t.Context(), w.workers["shirin"], dialog.QueueFilter{})
	w.must(err)
	if len(queue) != 1 || queue[0].Recording != dialog.RecordingToFetch {
		t.Error("the queue does not show that the audio is not there")
	}
	if _, _, err := w.desk.RecordingFile(t.Context(), w.workers["sam"], r.ID); !errors.Is(err, dialog.ErrNotFound) {
		t.Errorf("its audio: %v", err)
	}
	link := r.URL
	w.eventually("it to be fetched", func() bool {
		w.turn(time.Minute)
		r = recording()
		return r.File != ""
	})
	if r.URL != link {
		t.Error("the link is not kept")
	}
	file, _, err := w.desk.RecordingFile(t.Context(), w.workers["sam"], r.ID)
	w.must(err)
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("the audio: %v", err)
	}
}

// TestARecordingThatIsGone: given up in the end, the message is still to be
// seen to, with the provider's link.
func TestARecordingThatIsGone(t *testing.T) {
	w := newWorld(t, nil)
	c := w.carrier()
	private("+447700900405")
	for _, foreign := range []string{"https://example.org/secret", "http://169.254.169.254/latest/meta-data"} {
		id := strings.Trim(regexp.MustCompile(`\W`).ReplaceAllString(foreign, ""), "/")
		form := url.Values{
			"AccountSid": {c.sid}, "CallSid": {"CA" + id}, "RecordingSid": {"RE" + id}, "RecordingUrl": {foreign},
			"RecordingDuration": {"5"}, "RecordingStatus": {"completed"},
		}
		if status, answer := w.hook("/twilio/voice/recording", form); status/100 != 2 {
			t.Fatalf("%d %q", status, answer)
		}
		conv := w.situation(voiceLine, dialog.Address{Medium: dialog.Voice}, "RE"+id).DuplicateOf
		w.eventually("it to be given up", func() bool { return w.view(conv).Recordings[0].State == dialog.RecordingLost })
		v := w.view(conv)
		if v.Recordings[0].URL != foreign || v.Conversation.Waiting != dialog.WaitingVoice {
			t.Errorf("it waits for %q and the link is %q", v.Conversation.Waiting, v.Recordings[0].URL)
		}
	}
}

// TestTheDeskCannotStore: the database fails. The provider is told to try
// again, the caller is told the truth, and what comes again is stored once.
func TestTheDeskCannotStore(t *testing.T) {
	w := newWorld(t, nil)
	c := w.carrier()
	const from = "+447700900406"
	alter := func(statement string) {
		t.Helper()
		w.must(w.db.Do(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(statement)
			return err
		}))
	}
	visitor := w.chat("")
	text := c.textForm("SMbroken", from, "famout he has stopped eating, he is in Stoke Heath")
	call := url.Values{"AccountSid": {c.sid}, "CallSid": {"CAbroken"}, "From": {from}}
	message := url.Values{
		"AccountSid": {c.sid}, "CallSid": {"CAbroken"}, "RecordingSid": {"REbroken"}, "RecordingStatus": {"completed"},
		"RecordingUrl": {w.TwilioURL + "/2010-04-01/Accounts/" + c.sid + "/Recordings/REbroken"}, "RecordingDuration": {"3"},
	}

	alter("ALTER TABLE events RENAME TO events_away")
	if status, answer := w.hook("/twilio/sms", text); status/100 != 5 {
		t.Errorf("a text that cannot be stored: %d %q", status, answer)
	}
	if status, answer := w.hook("/twilio/voice", call); status != 200 || !strings.Contains(answer, "9 9 9") || !strings.Contains(answer, "<Record") {
		t.Errorf("a call that cannot be stored does not hear where to turn: %d %q", status, answer)
	}
	if status, answer := w.hook("/twilio/voice/recorded", message); status != 200 || !strings.Contains(answer, "cannot be sure") {
		t.Errorf("a caller whose message cannot be stored hears: %d %q", status, answer)
	}
	if status, answer := w.hook("/twilio/voice/recording", message); status/100 != 5 {
		t.Errorf("a recording that cannot be stored: %d %q", status, answer)
	}
	visitor.must(visitor.say("m1", "what is acct"))
	f, err := visitor.want("error", "stored")
	if err != nil || f.Type != "error" || f.Code != "unavailable" || f.ID != "m1" || f.Retry == 0 {
		t.Errorf("a chat message that cannot be stored: %+v %v", f, err)
	}
	alter("ALTER TABLE events_away RENAME TO events")

	for range 2 {
		if status, answer := w.hook("/twilio/sms", text); status != 200 {
			t.Errorf("the text, again: %d %q", status, answer)
		}
		if status, answer := w.hook("/twilio/voice/recording", message); status/100 != 2 {
			t.Errorf("the recording, again: %d %q", status, answer)
		}
		visitor.must(visitor.say("m1", "what is acct"))
		if f := visitor.expect("stored"); f.ID != "m1" {
			t.Errorf("stored %q", f.ID)
		}
	}
	w.onlyOne(from)
	if n := len(w.view(w.conversation(smsLine, sms(from)).ID).Concerns); n != 1 {
		t.Errorf("%d concerns", n)
	}
	recorded := w.view(w.situation(voiceLine, dialog.Address{Medium: dialog.Voice}, "REbroken").DuplicateOf)
	if len(recorded.Recordings) != 1 || recorded.Conversation.Waiting != dialog.WaitingVoice {
		t.Errorf("%d recordings, waiting for %q", len(recorded.Recordings), recorded.Conversation.Waiting)
	}
	chatted := w.view(w.conversation(chatLine, visitorAddress(visitor.token)).ID)
	if n := len(chatted.events(dialog.SaidIn)); n != 1 {
		t.Errorf("the chat message is there %d times", n)
	}
	for _, fault := range chatted.answeredOnce() {
		t.Error(fault)
	}
}
