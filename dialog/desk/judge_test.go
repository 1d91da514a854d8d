package desk_test

import (
	"errors"
	"testing"
	"time"

	"helpline/dialog"
)

// What a worker makes of a message stands beside it. A higher level is a
// concern at once; a lower one takes nothing back.
func TestWorkersJudgeMessages(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	got := h.text("famout xylophone marzipan")
	id := got.Conversation
	h.must(h.Judge(ctx, sam, id, got.Seq, dialog.LevelNone, nil))
	if n := len(h.view(id).Concerns); n != 0 {
		t.Fatalf("%d concerns from a message that is harmless", n)
	}
	h.must(h.Judge(ctx, sam, id, got.Seq, dialog.LevelUrgent, []dialog.Category{dialog.ViolenceDebt}))
	v := h.view(id)
	if len(v.Concerns) != 1 || v.Concerns[0].Level != dialog.LevelUrgent || v.Concerns[0].Categories[0] != dialog.ViolenceDebt || v.Conversation.Waiting != dialog.WaitingRisk {
		t.Fatalf("concerns %+v", v.Concerns)
	}
	h.must(h.Judge(ctx, sam, id, got.Seq, dialog.LevelNone, nil))
	if c := h.view(id).Concerns[0]; c.Level != dialog.LevelUrgent || !c.Open() {
		t.Errorf("a concern was taken back: %s", c.Level)
	}
	by := 0
	for _, ev := range h.view(id).Events {
		if ev.Kind == dialog.Assessed && ev.By == sam.ID {
			by++
		}
	}
	if by != 3 {
		t.Errorf("the log holds %d judgements", by)
	}

	// A risk that was settled is not raised again by confirming that it was one.
	h.must(h.Judge(ctx, sam, id, got.Seq, dialog.LevelUrgent, nil))
	h.settle(id)
	h.must(h.Judge(ctx, sam, id, got.Seq, dialog.LevelUrgent, nil))
	if n := len(h.view(id).Concerns); n != 1 {
		t.Errorf("%d concerns after confirming a settled one", n)
	}
	h.must(h.Judge(ctx, sam, id, got.Seq, dialog.LevelImmediate, nil))
	if v := h.view(id); len(v.Concerns) != 2 || v.Conversation.Level != dialog.LevelImmediate {
		t.Errorf("%d concerns after saying that it is worse", len(v.Concerns))
	}

	var invalid *dialog.InvalidError
	for _, of := range []int64{0, -3, got.Seq + 1, 999} {
		if err := h.Judge(ctx, sam, id, of, dialog.LevelUrgent, nil); !errors.As(err, &invalid) {
			t.Errorf("event %d: %v", of, err)
		}
	}
	if err := h.Judge(ctx, edith, id, got.Seq, dialog.LevelUrgent, nil); !errors.Is(err, dialog.ErrForbidden) {
		t.Errorf("by an editor: %v", err)
	}
}

// A risk that staff find in what nobody was asked to read is written down as
// missed: once for a message, and not any more when they take it back.
func TestWhatWasMissedInSilence(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	missed := func() (found []dialog.Miss) {
		h.read(func(r dialog.Reader) (err error) {
			found, err = r.Missed(h.now().Add(-time.Hour), h.now().Add(time.Hour))
			return err
		})
		return found
	}
	got := h.text("famout " + harmless)
	if v := h.view(got.Conversation); v.Conversation.Waiting != dialog.WaitingNone {
		t.Fatalf("somebody is asked to read it: %s", v.Conversation.Waiting)
	}
	h.must(h.Judge(ctx, sam, got.Conversation, got.Seq, dialog.LevelNone, nil))
	if m := missed(); len(m) != 0 {
		t.Errorf("harmless, and missed: %+v", m)
	}
	h.must(h.Judge(ctx, sam, got.Conversation, got.Seq, dialog.LevelConcern, nil))
	h.must(h.Judge(ctx, sam, got.Conversation, got.Seq, dialog.LevelUrgent, nil))
	m := missed()
	if len(m) != 1 || m[0].Conversation != got.Conversation || m[0].Of != got.Seq || m[0].Level != dialog.LevelUrgent || m[0].Concern != h.view(got.Conversation).Concerns[0].ID {
		t.Fatalf("missed %+v", m)
	}
	h.must(h.Judge(ctx, sam, got.Conversation, got.Seq, dialog.LevelNone, nil))
	if m := missed(); len(m) != 0 {
		t.Errorf("taken back, and still missed: %+v", m)
	}

	// A concern that a worker raises by name.
	got = h.textFrom(number(1), "famout "+harmless)
	h.must(h.RaiseConcern(ctx, sam, got.Conversation, dialog.LevelUrgent, nil, "she rang us as well"))
	h.must(h.RaiseConcern(ctx, sam, got.Conversation, dialog.LevelImmediate, nil, "and again"))
	if m := missed(); len(m) != 1 || m[0].Of != got.Seq {
		t.Errorf("missed %+v", m)
	}

	// Somebody was asked to read these.
	for i, words := range []string{"famout he says he cant go on", "famout can i speak to a person please", "famout proszę o pomoc, mój brat nic nie je"} {
		got = h.textFrom(number(2+i), words)
		h.must(h.Judge(ctx, sam, got.Conversation, got.Seq, dialog.LevelImmediate, nil))
		h.must(h.RaiseConcern(ctx, sam, got.Conversation, dialog.LevelImmediate, nil, ""))
	}
	if m := missed(); len(m) != 1 {
		t.Errorf("missed %+v", m)
	}
}
