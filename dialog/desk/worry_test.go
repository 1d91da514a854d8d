package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
)

const goodbye = "famout hes given his trainers away and said bye to the kids, hes in stoke heath"

// What a worker corrected is not undone by the person's next message.
func TestCorrectionsOutliveTheNextMessage(t *testing.T) {
	h := alone(t)
	id := h.text(goodbye).Conversation
	h.text("Jordan Prise")
	c := h.view(id).Concerns[0]
	leeds, facts := dialog.PrisonID("leeds"), c.Facts
	facts.PrisonerName, facts.PrisonNumber = "Jordan Price", "A1234BC"
	h.must(h.SetConcern(t.Context(), sam, c.ID, desk.ConcernChange{Prison: &leeds, Facts: &facts}))
	said := h.says("he told me he wants to die")
	now := h.view(id).Concerns[0]
	if now.Facts.PrisonerName != "Jordan Price" || now.Facts.PrisonNumber != "A1234BC" || now.Prison != "leeds" {
		t.Errorf("the worker's corrections are gone: %+v in %s", now.Facts, now.Prison)
	}
	if strings.Contains(said, "prison number") {
		t.Errorf("asks for what the worker wrote down: %q", said)
	}
}

// A level that a worker lowered is not raised again by what was said before.
func TestLoweredLevelStaysLowered(t *testing.T) {
	h := alone(t)
	id := h.text(goodbye).Conversation
	none := dialog.LevelConcern
	h.must(h.SetConcern(t.Context(), sam, h.view(id).Concerns[0].ID, desk.ConcernChange{Level: &none}))
	h.text("Jordan Price")
	if v := h.view(id); v.Concerns[0].Level != dialog.LevelConcern {
		t.Errorf("a bland message raised it to %s again", v.Concerns[0].Level)
	}
	h.text("he has just texted me that he is going to hang himself tonight")
	if v := h.view(id); v.Concerns[0].Level < dialog.LevelUrgent {
		t.Errorf("a new sign does not raise it: %s", v.Concerns[0].Level)
	}
}

// A worker who went home does not keep others from answering.
func TestConversationOfAnAbsentWorkerCanBeTaken(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text("famout can i speak to a real person please").Conversation
	h.must(h.TakeOver(ctx, sam, id))
	_, err := h.Say(ctx, sam, id, "This is Sam.", "")
	h.must(err)
	h.text("he wont come out of his cell, what do i do")
	if err := h.TakeOver(ctx, shirin, id); !errors.Is(err, dialog.ErrHeld) {
		t.Fatalf("taken from a worker who is there: %v", err)
	}
	h.turn(20 * time.Minute)
	h.must(h.TakeOver(ctx, shirin, id))
	if _, err := h.Say(ctx, sam, id, "again", ""); !errors.Is(err, dialog.ErrNotHolder) {
		t.Errorf("two people answer: %v", err)
	}
	_, err = h.Say(ctx, shirin, id, "This is Shirin.", "")
	h.must(err)
	h.must(h.TakeOver(ctx, morag, id)) // a manager may always
}

// What somebody asks for while a worker writes with them is not an answer to
// what the bot asked before.
func TestWordsToAWorkerAreNotAnswersToTheBot(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text(goodbye).Conversation // and is asked for the name
	h.must(h.TakeOver(ctx, sam, id))
	_, err := h.Say(ctx, sam, id, "This is Sam. Who told you?", "")
	h.must(err)
	h.text("Auntie Jean")
	h.must(h.HandBack(ctx, sam, id))
	h.text("Uncle Bob")
	if f := h.view(id).Concerns[0].Facts; f.PrisonerName != "" {
		t.Errorf("took %q for the prisoner's name", f.PrisonerName)
	}
}

// The bot says nothing after a person took over, not even to STOP or a picture.
func TestBotIsSilentWhenAPersonHasTakenOver(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text("famout can i speak to a real person please").Conversation
	h.must(h.TakeOver(ctx, sam, id))
	h.count++
	_, err := h.Receive(ctx, dialog.Inbound{
		Kind: dialog.InText, Line: sms, Medium: dialog.SMS, From: number(0), ProviderID: "picture", Text: "[image/jpeg]",
		Media: []dialog.Media{{ProviderID: "ME1"}},
	})
	h.must(err)
	before := h.view(id)
	if before.Conversation.Waiting == dialog.WaitingNone || before.Conversation.AnsweredSeq == before.Conversation.LastInSeq {
		t.Errorf("nobody is told of the picture: %+v", before.Conversation)
	}
	h.text("STOP")
	h.text("START")
	over := false
	for _, e := range h.view(id).Events {
		over = over || e.Kind == dialog.TakenOver
		if over && e.Kind == dialog.SaidBot {
			t.Errorf("the bot said %q", e.Text)
		}
	}
	if e, ok := h.listed(id); !ok || e.Conversation.Waiting == dialog.WaitingNone {
		t.Errorf("nobody is told: %+v", e.Conversation)
	}
}

// A picture without words is told that it cannot be seen, and is no answer to
// anything.
func TestPictureAlone(t *testing.T) {
	h := alone(t)
	id := h.text(goodbye).Conversation
	got, err := h.Receive(t.Context(), dialog.Inbound{
		Kind: dialog.InText, Line: sms, Medium: dialog.SMS, From: number(0), ProviderID: "picture", Text: "[image/jpeg]\n[attachment]",
		Media: []dialog.Media{{ProviderID: "ME1"}, {ProviderID: "ME2"}},
	})
	h.must(err)
	if len(got.Lines) != 1 || !strings.Contains(got.Lines[0].Text, "cannot see pictures") {
		t.Errorf("said %+v", got.Lines)
	}
	if f := h.view(id).Concerns[0].Facts; f.PrisonerName != "" {
		t.Errorf("took a picture for a name: %q", f.PrisonerName)
	}
}

// Somebody who opted out has not been told anything; when they come back the
// words of safety are still to be said.
func TestSafetyWordsAreSaidAfterComingBack(t *testing.T) {
	h := alone(t)
	h.text("famout when can i visit him")
	id := h.text("STOP").Conversation
	h.text("hes given his trainers away and said bye to the kids, hes in stoke heath")
	if e, ok := h.listed(id); !ok || e.Conversation.Waiting != dialog.WaitingRisk || e.Concern.ID == "" {
		t.Fatalf("nobody is told: %+v", e)
	}
	h.text("START")
	if said := h.says("famout he is going to do it tonight"); !strings.Contains(said, "01630 636000") || !strings.Contains(said, "999") {
		t.Errorf("the way to help is never said: %q", said)
	}
}

// A line that cannot be delivered is put before people in the same breath.
func TestFailedLineIsListed(t *testing.T) {
	for name, fail := range map[string]func(int, dialog.Outbound) error{
		"refused": func(int, dialog.Outbound) error { return &dialog.SendError{Verdict: dialog.Fail, Code: "30003"} },
		"unknown": func(int, dialog.Outbound) error { return &dialog.SendError{Verdict: dialog.Uncertain} },
		"outage":  func(int, dialog.Outbound) error { return &dialog.SendError{Verdict: dialog.Retry, Code: "500"} },
	} {
		t.Run(name, func(t *testing.T) {
			h := alone(t)
			h.sent.fail = fail
			id := h.text("famout when can i visit him in leeds").Conversation
			for range 40 {
				h.deliver()
				h.turn(5 * time.Minute)
			}
			h.deliver()
			e, ok := h.listed(id)
			if !ok || !e.Delivery {
				t.Fatalf("nobody is told: %+v", e.Conversation)
			}
			for _, o := range h.view(id).Outbox {
				if o.State != dialog.OutboxFailed {
					t.Errorf("line %d is %s", o.Seq, o.State)
				}
			}
		})
	}
}

// A provider that refuses to confirm a STOP has done what was asked: that is no
// work for people.
func TestRefusedConfirmationOfSTOPIsNoWork(t *testing.T) {
	h := alone(t)
	h.text("famout when can i visit him in leeds")
	h.deliver()
	h.sent.fail = func(int, dialog.Outbound) error { return &dialog.SendError{Verdict: dialog.OptedOut, Code: "21610"} }
	id := h.text("STOP").Conversation
	h.deliver()
	if w := h.view(id).Conversation.Waiting; w == dialog.WaitingDelivery {
		t.Errorf("listed for %q", w)
	}
}

func (h *house) ring(from string) (dialog.ConversationID, dialog.RecordingID) {
	h.t.Helper()
	in := dialog.Inbound{Kind: dialog.InCall, Line: voice, Medium: dialog.Voice, From: dialog.Address{Medium: dialog.Voice, Value: from}, ProviderID: "CA1", CallID: "CA1"}
	_, err := h.Receive(h.t.Context(), in)
	h.must(err)
	in.Kind, in.ProviderID = dialog.InRecording, "RE1"
	in.Media = []dialog.Media{{ProviderID: "RE1", URL: "https://api.example/RE1"}}
	got, err := h.Receive(h.t.Context(), in)
	h.must(err)
	return got.Conversation, h.view(got.Conversation).Recordings[0].ID
}

// Whatever an engine writes, the person can go on writing and ringing.
func TestOddTranscriptDoesNotShutTheConversation(t *testing.T) {
	h := alone(t)
	h.tapes.transcribe = func(context.Context) (desk.Heard, error) {
		return desk.Heard{Text: "he is \x00 in \xff trouble", Engine: "test"}, nil
	}
	id, rec := h.ring("+447700900199")
	h.must(h.FetchRecording(t.Context(), rec))
	h.must(h.Desk.Transcribe(t.Context(), rec))
	got, err := h.Receive(t.Context(), dialog.Inbound{
		Kind: dialog.InCall, Line: voice, Medium: dialog.Voice, From: dialog.Address{Medium: dialog.Voice, Value: "+447700900199"}, ProviderID: "CA2", CallID: "CA2",
	})
	if err != nil || got.Conversation != id {
		t.Errorf("the next call: %v", err)
	}
}

// An engine that never ends is given up in the end, and does not stand in the
// way of other recordings for ever.
func TestEngineThatHangsIsGivenUp(t *testing.T) {
	h := alone(t)
	id, rec := h.ring("")
	h.must(h.FetchRecording(t.Context(), rec))
	var timeIsUp context.CancelFunc
	h.tapes.transcribe = func(ctx context.Context) (desk.Heard, error) {
		timeIsUp()
		<-ctx.Done()
		return desk.Heard{}, ctx.Err()
	}
	for range 5 {
		var ctx context.Context
		ctx, timeIsUp = context.WithCancel(t.Context())
		if err := h.Desk.Transcribe(ctx, rec); err == nil {
			t.Error("no error")
		}
		timeIsUp()
		h.turn(24 * time.Hour)
	}
	if r := h.view(id).Recordings[0]; r.State != dialog.RecordingNoText {
		t.Errorf("still %s after %d attempts", r.State, r.Attempts)
	}
	if e, ok := h.listed(id); !ok || e.Conversation.Waiting != dialog.WaitingVoice {
		t.Errorf("not to be listened to: %+v", e.Conversation)
	}
}

// A recording that the provider holds back for a long week-end is not given up.
func TestRecordingIsAskedForThroughALongOutage(t *testing.T) {
	h := alone(t)
	id, rec := h.ring("")
	h.tapes.fetch = func() error { return errors.New("away") }
	for begun := h.now(); h.now().Sub(begun) < 4*24*time.Hour; h.turn(time.Minute) {
		var due []dialog.Recording
		h.read(func(r dialog.Reader) (err error) { due, err = r.RecordingsDue(h.now(), 10); return err })
		if len(due) == 1 {
			if err := h.FetchRecording(t.Context(), rec); err == nil {
				t.Fatal("no error")
			}
		}
	}
	if r := h.view(id).Recordings[0]; r.State != dialog.RecordingToFetch {
		t.Fatalf("given up as %s after %d attempts", r.State, r.Attempts)
	}
	h.tapes.fetch = nil
	h.must(h.FetchRecording(t.Context(), rec))
}

// Nobody can have listened to a recording that is not there.
func TestRecordingThatIsNotThereCannotBeListenedTo(t *testing.T) {
	h := alone(t)
	id, rec := h.ring("")
	if err := h.Listened(t.Context(), sam, rec); err == nil {
		t.Error("taken for heard")
	}
	if _, ok := h.listed(id); !ok {
		t.Error("off the list")
	}
	h.must(h.FetchRecording(t.Context(), rec))
	h.must(h.Listened(t.Context(), sam, rec))
}

// A closed concern leaves on the list what else waits.
func TestClosingAConcernLeavesWhoAskedForAPerson(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	h.text("famout can i speak to a real person please")
	id := h.text(goodbye).Conversation
	h.settle(id)
	if e, ok := h.listed(id); !ok || e.Conversation.Waiting != dialog.WaitingPerson {
		t.Errorf("nobody answers who asked for a person: %+v", e.Conversation)
	}
	h.must(h.TakeOver(ctx, sam, id))
}

// settle meets all duties and closes the concern.
func (h *house) settle(id dialog.ConversationID) {
	h.t.Helper()
	h.meetAll(id)
	h.must(h.CloseConcern(h.t.Context(), sam, h.view(id).Concerns[0].ID, "seen"))
}

// meetAll writes down what has to be asked first, and meets all duties.
func (h *house) meetAll(id dialog.ConversationID) {
	h.t.Helper()
	c := h.view(id).Concerns[0]
	spoken, harm := true, dialog.HarmNone
	h.must(h.SetHandling(h.t.Context(), sam, c.ID, desk.HandlingChange{SpokenTo: &spoken, Harm: &harm}))
	for _, o := range c.Obligations {
		h.must(h.Meet(h.t.Context(), sam, c.ID, o.Kind, "done"))
	}
}

// What was already said is in the concern that a worker raises.
func TestRaisedByStaffWithWhatIsKnown(t *testing.T) {
	h := alone(t)
	id := h.text("famout my son is in leeds, prison number A1234BC, how do i send him money").Conversation
	h.must(h.RaiseConcern(t.Context(), sam, id, dialog.LevelConcern, []dialog.Category{dialog.ViolenceDebt}, "asks to pay somebody"))
	if c := h.view(id).Concerns[0]; c.Facts.PrisonNumber != "A1234BC" || c.Prison != "leeds" {
		t.Errorf("%+v in %q", c.Facts, c.Prison)
	}
}

// A colleague does not close, or mark as read, what somebody else is writing in.
func TestOthersLeaveAHeldConversationAlone(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text("famout can i speak to a real person please").Conversation
	h.must(h.TakeOver(ctx, sam, id))
	h.text("hello?")
	if err := h.Reviewed(ctx, shirin, id); !errors.Is(err, dialog.ErrHeld) {
		t.Errorf("reviewed: %v", err)
	}
	if err := h.CloseConversation(ctx, shirin, id); !errors.Is(err, dialog.ErrHeld) {
		t.Errorf("closed: %v", err)
	}
	if err := h.CloseConversation(ctx, sam, id); !errors.Is(err, dialog.ErrOpen) {
		t.Errorf("closed over unanswered words: %v", err)
	}
	h.must(h.Reviewed(ctx, sam, id))
	h.must(h.CloseConversation(ctx, sam, id))
}

// Editors see no conversation.
func TestEditorsSeeNoConversation(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text(goodbye).Conversation
	_, err := h.Open(ctx, edith, id)
	_, qerr := h.Queue(ctx, edith, dialog.QueueFilter{})
	_, serr := h.Since(ctx, edith, id, 0)
	for _, err := range []error{err, qerr, serr, h.TakeOver(ctx, edith, id), h.Reviewed(ctx, edith, id)} {
		if !errors.Is(err, dialog.ErrForbidden) {
			t.Errorf("%v", err)
		}
	}
}

// What was written while a worker decided that nothing is left to do is not
// taken off the list with the rest.
func TestWhatNobodyHasSeenStaysOnTheList(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text("famout xylophone marzipan").Conversation
	seen := h.view(id).Conversation.LastSeq
	h.text("and he will not come out of the shower any more")
	if err := h.ReviewedUpTo(ctx, sam, id, seen); !errors.Is(err, desk.ErrUnread) {
		t.Errorf("reviewed: %v", err)
	}
	if _, ok := h.listed(id); !ok {
		t.Error("off the list")
	}
	h.text(goodbye)
	c := h.view(id).Concerns[0]
	h.meetAll(id)
	seen = h.view(id).Conversation.LastSeq
	h.text("he has just said he will do it now")
	if err := h.CloseConcernUpTo(ctx, sam, c.ID, "seen", seen); !errors.Is(err, desk.ErrUnread) {
		t.Errorf("closed: %v", err)
	}
	h.must(h.CloseConcernUpTo(ctx, sam, c.ID, "seen", h.view(id).Conversation.LastSeq))
	h.must(h.ReviewedUpTo(ctx, sam, id, h.view(id).Conversation.LastSeq))
}

// Two machines do not answer each other for ever; a worry is answered each time.
func TestAutomaticAnswersAreNotAnsweredForEver(t *testing.T) {
	h := alone(t)
	var got dialog.Received
	for range 6 {
		got = h.text("This number takes no messages.")
	}
	if len(got.Lines) > 0 {
		t.Errorf("answers the sixth time: %q", got.Lines[0].Text)
	}
	if e, ok := h.listed(got.Conversation); !ok || e.Conversation.Waiting == dialog.WaitingNone {
		t.Error("nobody reads it")
	}
	for range 6 {
		got = h.textFrom(number(7), "he is going to hang himself")
		if len(got.Lines) == 0 {
			t.Error("a worry is met with silence")
		}
	}
}

// MORE is no message for people to read.
func TestMoreIsNotPutBeforePeople(t *testing.T) {
	h := alone(t)
	h.text("famout what is acct in leeds")
	before := h.view(h.text("what is acct in leeds").Conversation).Conversation.Waiting
	for range 4 {
		id := h.text("MORE").Conversation
		if w := h.view(id).Conversation.Waiting; w != before {
			t.Errorf("waits for %q", w)
		}
	}
}
