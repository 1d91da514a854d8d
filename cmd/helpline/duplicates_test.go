package main

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"helpline/dialog"
)

// sms is a telephone that texts.
func sms(number string) dialog.Address { return dialog.Address{Medium: dialog.SMS, Value: number} }

// onlyOne checks that a handset's conversation holds one message, answered
// once, and that nothing came twice to the handset.
func (w *world) onlyOne(number string) {
	w.t.Helper()
	w.settle(sms(number))
	v := w.view(w.conversation(smsLine, sms(number)).ID)
	if n := len(v.events(dialog.SaidIn)); n != 1 {
		w.t.Errorf("the message is there %d times", n)
	}
	for _, fault := range v.answeredOnce() {
		w.t.Error(fault)
	}
	lines := len(v.events(dialog.SaidBot))
	if lines == 0 {
		w.t.Error("nothing was answered")
	}
	if got := len(w.network.Inbox(number)); got != lines {
		w.t.Errorf("%d lines were said and %d came to the handset", lines, got)
	}
}

// TestTheSameWebhookManyTimes brings one text ten times: one after the other,
// as a provider does that hears no answer, and all at once.
func TestTheSameWebhookManyTimes(t *testing.T) {
	w := newWorld(t, nil)
	t.Run("one after the other", func(t *testing.T) {
		from := "+447700900201"
		form := w.carrier().textForm("SMsame0001", from, "famout what is a case conference")
		for range 10 {
			if status, answer := w.hook("/twilio/sms", form); status != 200 {
				t.Fatalf("refused with %d: %s", status, answer)
			}
		}
		w.onlyOne(from)
	})
	t.Run("after it was answered", func(t *testing.T) {
		from := "+447700900202"
		form := w.carrier().textForm("SMsame0002", from, "famout what is acct")
		w.hook("/twilio/sms", form)
		w.settle(sms(from))
		w.hook("/twilio/sms", form)
		w.onlyOne(from)
	})
	t.Run("all at once", func(t *testing.T) {
		from := "+447700900203"
		c := w.carrier()
		form := c.textForm("SMsame0003", from, "famout he is going to kill himself in Stoke Heath")
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				status, answer, err := c.post(t.Context(), "/twilio/sms", form, c.sign("/twilio/sms", form))
				if err != nil || status != 200 {
					t.Errorf("refused with %d: %s %v", status, answer, err)
				}
			})
		}
		all.Wait()
		w.onlyOne(from)
		if n := len(w.view(w.conversation(smsLine, sms(from)).ID).Concerns); n != 1 {
			t.Errorf("one worry became %d concerns", n)
		}
	})
	t.Run("ten different ones at once", func(t *testing.T) {
		// Nobody's first message may be lost because they sent two.
		from := "+447700900204"
		c := w.carrier()
		var all sync.WaitGroup
		for i := range 10 {
			form := c.textForm("SMmany"+string(rune('a'+i)), from, "famout "+questions[i%len(questions)])
			all.Go(func() {
				status, answer, err := c.post(t.Context(), "/twilio/sms", form, c.sign("/twilio/sms", form))
				if err != nil || status != 200 {
					t.Errorf("refused with %d: %s %v", status, answer, err)
				}
			})
		}
		all.Wait()
		w.settle(sms(from))
		v := w.view(w.conversation(smsLine, sms(from)).ID)
		if n := len(v.events(dialog.SaidIn)); n != 10 {
			t.Errorf("of ten messages %d are there", n)
		}
		for _, fault := range v.answeredOnce() {
			t.Error(fault)
		}
	})
}

// TestARecordingToldOfManyTimes: both of Twilio's webhooks tell of a
// recording, in any order, each perhaps more than once.
func TestARecordingToldOfManyTimes(t *testing.T) {
	w := newWorld(t, nil)
	for name, order := range map[string]string{
		"as usual":                 "recorded recording",
		"the other way round":      "recording recorded",
		"each of them three times": "recording recorded recorded recording recording recorded",
		"only the callback":        "recording",
		"only the action":          "recorded",
		"all at once":              "",
	} {
		t.Run(name, func(t *testing.T) {
			c := w.carrier()
			id := strings.ReplaceAll(name, " ", "")
			call := url.Values{"AccountSid": {c.sid}, "CallSid": {"CA" + id}, "From": {"+447700900210"}, "To": {w.VoiceNumber}, "CallStatus": {"ringing"}}
			if name != "as usual" {
				call.Set("From", "Anonymous")
			}
			private(call.Get("From"))
			if status, answer := w.hook("/twilio/voice", call); status != 200 || !strings.Contains(answer, "<Record") {
				t.Fatalf("%d: %s", status, answer)
			}
			message := url.Values{
				"AccountSid": {c.sid}, "CallSid": {"CA" + id}, "RecordingSid": {"RE" + id}, "RecordingDuration": {"4"}, "RecordingStatus": {"completed"},
				"RecordingUrl": {w.TwilioURL + "/2010-04-01/Accounts/" + c.sid + "/Recordings/RE" + id},
			}
			var spoken []string
			var all sync.WaitGroup
			for _, which := range strings.Fields(order) {
				form := url.Values{}
				for k, v := range message {
					form[k] = v
				}
				if which == "recorded" {
					form["From"] = call["From"]
				}
				status, answer := w.hook("/twilio/voice/"+which, form)
				if status/100 != 2 {
					t.Fatalf("%s: %d: %s", which, status, answer)
				}
				if which == "recorded" {
					spoken = append(spoken, answer)
				}
			}
			if order == "" {
				for i := range 10 {
					path := "/twilio/voice/" + []string{"recorded", "recording"}[i%2]
					all.Go(func() {
						status, answer, err := c.post(t.Context(), path, message, c.sign(path, message))
						if err != nil || status/100 != 2 {
							t.Errorf("%s: %d: %s %v", path, status, answer, err)
						}
					})
				}
				all.Wait()
			}
			sit := w.situation(voiceLine, dialog.Address{Medium: dialog.Voice}, "RE"+id)
			if !sit.Duplicate {
				t.Fatal("the recording is not there")
			}
			v := w.view(sit.DuplicateOf)
			if len(v.Recordings) != 1 || len(v.events(dialog.Recorded)) != 1 {
				t.Errorf("one message became %d recordings and %d events", len(v.Recordings), len(v.events(dialog.Recorded)))
			}
			if v.Conversation.Waiting != dialog.WaitingVoice {
				t.Errorf("it waits for %q", v.Conversation.Waiting)
			}
			digits := strings.Join(strings.Split(v.Conversation.Ref, ""), ", ")
			for _, answer := range spoken {
				if !strings.Contains(answer, digits) {
					t.Errorf("the caller did not hear the reference: %s", answer)
				}
			}
			if call := w.situation(voiceLine, dialog.Address{Medium: dialog.Voice}, "CA"+id); call.DuplicateOf != sit.DuplicateOf {
				t.Error("the message is not with its call")
			}
		})
	}
}

// situation asks the store about an id that a provider gave.
func (w *world) situation(line dialog.LineID, from dialog.Address, id string) (sit dialog.Situation) {
	w.t.Helper()
	if err := w.store.Read(w.t.Context(), func(r dialog.Reader) (err error) {
		sit, err = r.Situation(line, from, id, "")
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return sit
}

// TestTheSameChatMessageFromTwoSockets: a browser that lost its connection
// says everything again, and the first socket may still be alive.
func TestTheSameChatMessageFromTwoSockets(t *testing.T) {
	w := newWorld(t, nil)
	one := w.chat("")
	two := w.chat(one.token)
	var all sync.WaitGroup
	seqs := make([]int64, 2)
	for i, c := range []*chat{one, two} {
		all.Go(func() {
			if err := c.say("once", "what is a case conference"); err != nil {
				t.Error(err)
				return
			}
			f, err := c.want("stored", "error")
			if err != nil || f.Type != "stored" || f.ID != "once" {
				t.Errorf("not stored: %+v %v", f, err)
			}
			seqs[i] = f.Seq
		})
	}
	all.Wait()
	if seqs[0] != seqs[1] {
		t.Errorf("one message is two events: %v", seqs)
	}
	v := w.view(w.conversation(chatLine, visitorAddress(one.token)).ID)
	if n := len(v.events(dialog.SaidIn)); n != 1 {
		t.Errorf("the message is there %d times", n)
	}
	for _, fault := range v.answeredOnce() {
		t.Error(fault)
	}
	// Both see both, each once.
	for _, c := range []*chat{w.chat(one.token), w.chat(one.token)} {
		last := int64(0)
		for range v.events(dialog.SaidIn, dialog.SaidBot) {
			f := c.expect("event")
			if f.Seq <= last {
				t.Errorf("event %d comes again after %d", f.Seq, last)
			}
			last = f.Seq
		}
	}
	// Another visitor's message of the same name is another message.
	other := w.chat("")
	other.must(other.say("once", "what is acct"))
	other.expect("stored")
	if n := len(w.view(w.conversation(chatLine, visitorAddress(other.token)).ID).events(dialog.SaidIn)); n != 1 {
		t.Errorf("the other visitor's message is there %d times", n)
	}
}
