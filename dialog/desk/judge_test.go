package desk_test

import (
	"errors"
	"testing"

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
	last := h.view(id).Events
	if ev := last[len(last)-1]; ev.Kind != dialog.Assessed || ev.By != sam.ID {
		t.Errorf("the log ends with %s by %q", ev.Kind, ev.By)
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
