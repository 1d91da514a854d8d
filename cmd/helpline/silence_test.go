package main

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"helpline/channels/simulator"
	"helpline/dialog"
	"helpline/dialog/desk"
)

// bodies are the texts on a handset, oldest first.
func (w *world) bodies(number string) (texts []string) {
	for _, m := range w.network.Inbox(number) {
		texts = append(texts, m.Body)
	}
	return texts
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// queued says that a line of the conversation waits to be tried again.
func (w *world) queued(id dialog.ConversationID) bool {
	return slices.ContainsFunc(w.view(id).Outbox, func(l dialog.OutboxItem) bool {
		return l.State == dialog.OutboxQueued && l.Attempts > 0
	})
}

// TestSilentOnceSomebodyTookOver: the provider is down, the bot's answer is
// written and waits; somebody takes over. When the provider is back, nothing
// of the bot goes out, and what the worker wrote does.
func TestSilentOnceSomebodyTookOver(t *testing.T) {
	for _, kind := range []simulator.FaultKind{simulator.ServerError, simulator.TooMany} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, nil)
			sam, from := w.workers["sam"], "+447700900301"
			w.network.Fail(simulator.Fault{Kind: kind, Times: 1000})
			w.text(from, "famout what is a case conference")
			id := w.conversation(smsLine, sms(from)).ID
			w.eventually("the answer to be refused by the network", func() bool { return w.queued(id) })
			w.must(w.desk.TakeOver(t.Context(), sam, id))

			const mine = "This is Sam. I am with you now."
			private(mine)
			_, err := w.desk.Say(t.Context(), sam, id, mine, "s1")
			w.must(err)
			w.text(from, "are you a real person")
			w.network.Mend()
			w.turn(5 * time.Minute)
			w.eventually("the worker's line to arrive", func() bool { return slices.Contains(w.bodies(from), mine) })
			w.turn(time.Hour)
			w.text(from, "thank you")
			w.settle(sms(from))
			if got := w.bodies(from); !slices.Equal(got, []string{mine}) {
				t.Errorf("the handset has %q", got)
			}
			v := w.view(id)
			for _, l := range v.Outbox {
				if l.FromBot && l.State != dialog.OutboxWithdrawn {
					t.Errorf("a line of the bot is %s", l.State)
				}
			}
			if len(v.events(dialog.Withdrawn)) == 0 {
				t.Error("the log does not say that lines were withdrawn")
			}

			// Handed back, the bot answers what is asked from then on, and only that.
			w.must(w.desk.HandBack(t.Context(), sam, id))
			said := len(v.events(dialog.SaidBot))
			w.text(from, "what is acct")
			w.settle(sms(from))
			v = w.view(id)
			if now := v.events(dialog.SaidBot); len(now) == said {
				t.Error("after it was handed back the bot says nothing")
			} else if got := w.bodies(from); len(got) != 1+len(now)-said {
				t.Errorf("%d new lines of the bot, but the handset has %q", len(now)-said, got)
			}
		})
	}
}

// TestSilentInTheMiddleOfALongAnswer: one part is on its way when somebody
// takes over; the network then refuses it. It is not tried again.
func TestSilentInTheMiddleOfALongAnswer(t *testing.T) {
	t.Parallel() // it waits ten seconds for a provider that does not answer
	w := newWorld(t, nil)
	sam, from := w.workers["sam"], "+447700900302"
	w.network.Fail(simulator.Fault{Kind: simulator.Timeout})
	private(from)
	if _, err := w.network.Text(t.Context(), from, w.SMSNumber, "famout what is a case conference"); err != nil {
		t.Fatal(err)
	}
	id := w.conversation(smsLine, sms(from)).ID
	w.eventually("the answer to be on its way", func() bool {
		return len(w.network.Faults()) == 0 // the network has the request and does not answer
	})
	w.must(w.desk.TakeOver(t.Context(), sam, id))
	_, err := w.desk.Say(t.Context(), sam, id, "It is Sam here.", "s1")
	w.must(err)
	w.eventually("the worker's line to arrive", func() bool { return len(w.bodies(from)) > 0 })
	w.turn(time.Hour)
	w.eventually("the other line to be given up", func() bool {
		return !slices.ContainsFunc(w.view(id).Outbox, func(l dialog.OutboxItem) bool {
			return l.State == dialog.OutboxQueued || l.State == dialog.OutboxSending || l.State == dialog.OutboxUncertain
		})
	})
	if got := w.bodies(from); !slices.Equal(got, []string{"It is Sam here."}) {
		t.Errorf("the handset has %q", got)
	}
}

// TestTwoTakeOverAtOnce: one has it, the other is told who.
func TestTwoTakeOverAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	visitor := w.chat("")
	visitor.must(visitor.say("m1", "can I talk to a real person please"))
	visitor.expect("stored")
	id := w.conversation(chatLine, visitorAddress(visitor.token)).ID
	for round := range 10 {
		names := []string{"sam", "shirin"}
		errs := make([]error, len(names))
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() { errs[i] = w.desk.TakeOver(t.Context(), w.workers[name], id) })
		}
		all.Wait()
		won := slices.Index(errs, nil)
		if won < 0 {
			t.Fatalf("round %d: nobody has it: %v", round, errs)
		}
		var held *desk.HeldError
		if !errors.As(errs[1-won], &held) || !errors.Is(errs[1-won], dialog.ErrHeld) {
			t.Fatalf("round %d: the other was told %v", round, errs[1-won])
		}
		winner, loser := w.workers[names[won]], w.workers[names[1-won]]
		if held.By != winner.Name {
			t.Errorf("round %d: %s has it, the other was told %s", round, winner.Name, held.By)
		}
		if _, err := w.desk.Say(t.Context(), loser, id, "and I am here as well", ""); !errors.Is(err, dialog.ErrNotHolder) {
			t.Errorf("round %d: the one who does not have it could write: %v", round, err)
		}
		if err := w.desk.HandBack(t.Context(), loser, id); !errors.Is(err, dialog.ErrNotHolder) {
			t.Errorf("round %d: the one who does not have it could hand it back: %v", round, err)
		}
		w.must(w.desk.HandBack(t.Context(), winner, id))
	}
}

// TestHeardWhileHeld: what comes while a worker holds the conversation is
// assessed, the bot says nothing to it, and a risk becomes a concern.
func TestHeardWhileHeld(t *testing.T) {
	w := newWorld(t, nil)
	sam, from := w.workers["sam"], "+447700900303"
	w.text(from, "famout what is acct")
	id := w.conversation(smsLine, sms(from)).ID
	w.must(w.desk.TakeOver(t.Context(), sam, id))
	before := w.bodies(from)
	lines := len(w.view(id).events(dialog.SaidBot))
	for _, words := range []string{"how do I book a visit", "MORE", "he rang and said he is going to hang himself tonight, he is in Stoke Heath", "famout"} {
		w.text(from, words)
	}
	v := w.view(id)
	if n := len(v.events(dialog.SaidBot)); n != lines {
		t.Errorf("the bot wrote %d lines to a conversation that Sam holds", n-lines)
	}
	if got := w.bodies(from); !slices.Equal(got, before) {
		t.Errorf("the bot said %q", got[len(before):])
	}
	if n := len(v.events(dialog.SaidIn)); n != 5 {
		t.Errorf("of five messages %d are there", n)
	}
	if len(v.Concerns) != 1 || v.Concerns[0].Level != dialog.LevelImmediate || v.Concerns[0].Prison != "stoke-heath" {
		t.Fatalf("the worry became %+v", v.Concerns)
	}
	if v.Conversation.Waiting != dialog.WaitingRisk || v.Conversation.Holder.Worker != sam.ID {
		t.Errorf("it waits for %q and is held by %s", v.Conversation.Waiting, v.Conversation.Holder.Kind)
	}
	queue, err := w.desk.Queue(t.Context(), w.workers["shirin"], dialog.QueueFilter{})
	w.must(err)
	if len(queue) == 0 || queue[0].Conversation.ID != id || queue[0].Concern.Level != dialog.LevelImmediate {
		t.Error("the concern is not at the top of everybody's list")
	}
	// STOP while held still stops texts, and does not end the concern.
	w.text(from, "STOP")
	if _, err := w.desk.Say(t.Context(), sam, id, "Please ring me.", ""); !errors.Is(err, dialog.ErrOptedOut) {
		t.Errorf("a text to somebody who stopped them: %v", err)
	}
	if c := w.view(id).Concerns; len(c) != 1 || !c[0].Open() {
		t.Error("STOP closed the concern")
	}
}
