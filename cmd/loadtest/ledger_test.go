package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAuditSeesWhatWasLostDoubledAndMixedUp(t *testing.T) {
	c := newCrowd("FAMOUT", []script{{texts: []string{"a", "b"}}}, &series{run: "0"})
	want := expectation{{{1}, {2, 3}}}
	said := func(n int) *sender {
		s := c.one(0)
		for range n {
			c.accepted(c.of(s))
		}
		return s
	}
	sent := map[string][]reply{}
	tell := func(s *sender, words ...uint64) {
		for _, w := range words {
			sent[s.number] = append(sent[s.number], reply{words: w})
		}
	}
	tell(said(2), 1, 2, 3)
	tell(said(1), 1)
	said(0)
	if v := audit(c, want, func(n string) []reply { return sent[n] }); v.fault() != nil || v.Messages != 3 || v.Replies != 4 {
		t.Fatalf("all is well, but: %+v", v)
	}
	if due(c, want) != 4 {
		t.Errorf("due %d, want 4", due(c, want))
	}
	tell(said(2), 1, 2)
	tell(said(1), 1, 1)
	tell(said(2), 1, 3, 2)
	said(1)
	v := audit(c, want, func(n string) []reply { return sent[n] })
	if v.Lost != 2 || v.Doubled != 1 || v.Wrong != 1 || v.fault() == nil {
		t.Errorf("%+v, want 2 lost, 1 doubled, 1 wrong", v)
	}
}

func TestTheSinkTakesTextsAsTwilioDoes(t *testing.T) {
	s, err := listenSink("127.0.0.1:0", "AC1", "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	send := func(token string, form url.Values) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr+"/2010-04-01/Accounts/AC1/Messages.json", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("AC1", token)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	form := url.Values{"To": {"+441"}, "From": {"60777"}, "Body": {"hello"}, "StatusCallback": {"http://x/twilio/sms/status?line=01J"}}
	if status, body := send("secret", form); status != 201 || !strings.Contains(body, `"sid": "SM0`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := send("wrong", form); status != 400 {
		t.Errorf("a wrong token got %d", status)
	}
	if s.doubled() != 0 {
		t.Error("one line counts as doubled")
	}
	release := s.hold()
	done := make(chan struct{})
	go func() { send("secret", form); close(done) }()
	if got := s.await(t.Context(), "+441", 2); len(got) != 2 || got[1].line != "01J" {
		t.Errorf("got %+v", got)
	}
	select {
	case <-done:
		t.Error("an answer came although they are held")
	case <-time.After(20 * time.Millisecond):
	}
	release()
	<-done
	if s.doubled() != 1 || s.refused != 1 {
		t.Errorf("doubled %d, refused %d; want 1 and 1", s.doubled(), s.refused)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := s.await(ctx, "+442", 1); len(got) != 0 {
		t.Errorf("nobody wrote to +442: %+v", got)
	}
}
