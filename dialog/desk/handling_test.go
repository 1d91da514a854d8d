package desk_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/desk"
)

func ptr[T any](v T) *T { return &v }

// refused is a *dialog.InvalidError about one field.
func refused(t *testing.T, err error, field, what string) {
	t.Helper()
	var invalid *dialog.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != field {
		t.Errorf("%s: %v", what, err)
	}
}

// Each answer stands by itself, with who gave it and when; each change of one
// is in the log, where the person does not see it.
func TestHandlingIsWrittenDownAnswerByAnswer(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text(goodbye).Conversation
	k := h.view(id).Concerns[0].ID
	h.must(h.SetHandling(ctx, sam, k, desk.HandlingChange{SpokenTo: ptr(true), SpokenToNote: ptr(" asked him about the trainers ")}))
	first := h.now()
	h.turn(3600e9)
	h.must(h.SetHandling(ctx, shirin, k, desk.HandlingChange{
		ToldOfCaller: ptr(false), Consent: ptr(dialog.ConsentRefused), Harm: ptr(dialog.HarmPossible), HarmNote: ptr("order of the court"),
	}))
	got := h.view(id).Concerns[0].Handling
	if !*got.SpokenTo || got.SpokenToNote != "asked him about the trainers" || got.SpokenToBy.Name != "Sam" || !got.SpokenToBy.At.Equal(first) {
		t.Errorf("spoken to: %+v", got)
	}
	if *got.ToldOfCaller || got.Consent != dialog.ConsentRefused || got.HarmBy.By != shirin.ID || got.ConsentBy.Name != "Shirin" || got.MayTell() {
		t.Errorf("the others: %+v", got)
	}
	h.must(h.SetHandling(ctx, morag, k, desk.HandlingChange{SpokenTo: ptr(true), Consent: ptr(dialog.ConsentRefused)}))
	if again := h.view(id).Concerns[0].Handling; again.SpokenToBy.Name != "Sam" {
		t.Errorf("saying the same again changed who said it: %+v", again.SpokenToBy)
	}
	var matters []string
	for _, e := range h.view(id).Events {
		if e.Kind != dialog.Handled {
			continue
		}
		var d dialog.HandledData
		h.must(json.Unmarshal(e.Data, &d))
		matters = append(matters, string(d.Matter)+"="+d.Now)
		if e.Kind.Visible() || d.Concern != k || e.By == "" {
			t.Errorf("%+v", e)
		}
	}
	if s := strings.Join(matters, " "); s != "spoken_to=yes told_of_caller=no consent=refused harm=possible" {
		t.Errorf("in the log: %s", s)
	}
	seen, err := h.Visible(ctx, id, 0, 0)
	h.must(err)
	for _, e := range seen {
		if strings.Contains(e.Text, "trainers ") && e.Kind != dialog.SaidIn || strings.Contains(e.Text, "order of the court") {
			t.Errorf("the person sees %q", e.Text)
		}
	}

	refused(t, h.SetHandling(ctx, sam, k, desk.HandlingChange{Harm: ptr(dialog.Harm("perhaps"))}), "harm", "an answer there is not")
	refused(t, h.SetHandling(ctx, sam, k, desk.HandlingChange{Consent: ptr(dialog.Consent("maybe"))}), "consent", "an answer there is not")
	refused(t, h.SetHandling(ctx, sam, k, desk.HandlingChange{SpokenToNote: ptr(strings.Repeat("a", 2001))}), "note", "a very long note")
	other := h.textFrom(number(3), goodbye).Conversation
	k2 := h.view(other).Concerns[0].ID
	refused(t, h.SetHandling(ctx, sam, k2, desk.HandlingChange{ToldOfCallerNote: ptr("by the chaplain")}), "note", "a note without an answer")
	refused(t, h.SetHandling(ctx, sam, k2, desk.HandlingChange{Harm: ptr(dialog.HarmPossible)}), "harm", "harm without a word on it")
	if err := h.SetHandling(ctx, edith, k, desk.HandlingChange{SpokenTo: ptr(true)}); !errors.Is(err, dialog.ErrForbidden) {
		t.Errorf("by an editor: %v", err)
	}
	h.must(h.SetHandling(ctx, sam, k, desk.HandlingChange{Harm: ptr(dialog.HarmNone)}))
	h.settle(id)
	refused(t, h.SetHandling(ctx, sam, k, desk.HandlingChange{SpokenTo: ptr(false)}), "concern", "on a closed concern")
}

// What has to be known before a duty counts as done.
func TestDutiesThatWaitForAnAnswer(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text(goodbye).Conversation
	k := h.view(id).Concerns[0].ID
	refused(t, h.Meet(ctx, sam, k, dialog.FeedBack, "told her"), "feedback", "fed back before harm was thought of")
	refused(t, h.Meet(ctx, sam, k, dialog.Act, "rang"), "act", "acted, and nobody says whether he was asked")
	refused(t, h.Act(ctx, sam, k, desk.Done{What: "rang", SpokenTo: ptr(true)}), "by", "by nobody")
	refused(t, h.Act(ctx, sam, k, desk.Done{By: "Sam", SpokenTo: ptr(true)}), "note", "nothing done")
	refused(t, h.Act(ctx, sam, k, desk.Done{What: "rang", By: "Sam"}), "act", "not said whether he was spoken to")
	h.must(h.Act(ctx, sam, k, desk.Done{What: "rang the orderly officer", By: "Sam", When: "21:10", SpokenTo: ptr(false), SpokenToNote: "asleep"}))
	c := h.view(id).Concerns[0]
	if *c.Handling.SpokenTo || c.Handling.SpokenToNote != "asleep" {
		t.Errorf("%+v", c.Handling)
	}
	for _, o := range c.Obligations {
		if o.Kind == dialog.Act && (o.State != dialog.Met || o.Note != "rang the orderly officer\nBy: Sam\nWhen: 21:10" || o.ByName != "Sam") {
			t.Errorf("%+v", o)
		}
	}
	h.must(h.Excuse(ctx, sam, k, dialog.FeedBack, "no safe way")) // not to answer needs no such question

	// Who writes of his own despair is spoken to already.
	own := h.textFrom(number(4), "famout i cant go on, i want to die").Conversation
	k = h.view(own).Concerns[0].ID
	h.must(h.Act(ctx, sam, k, desk.Done{What: "rang him", By: "Sam"}))
}

// What is offered as feedback follows from the answers: nothing before it is
// known whether an answer does harm, nothing personal without consent, and in
// no text a name, a prison or a word of what was said.
func TestFeedbackThatIsOffered(t *testing.T) {
	h := alone(t)
	ctx := t.Context()
	id := h.text(goodbye).Conversation
	h.text("Jordan Price")
	k := h.view(id).Concerns[0].ID
	keys := func() string {
		var s []string
		for _, o := range h.view(id).Concerns[0].Offers {
			s = append(s, o.Key)
			if o.Text == "" || strings.ContainsAny(o.Text, "{}") {
				t.Errorf("%s: %q", o.Key, o.Text)
			}
			for _, leak := range []string{"Jordan", "Price", "prison", "Stoke", "trainers", "kids", "he ", "son", "mother", "else has", "also", "another"} {
				if strings.Contains(strings.ToLower(" "+o.Text), strings.ToLower(" "+leak)) && leak != "son" {
					t.Errorf("%s holds %q: %q", o.Key, leak, o.Text)
				}
			}
		}
		return strings.Join(s, " ")
	}
	set := func(c desk.HandlingChange) { h.must(h.SetHandling(ctx, sam, k, c)) }
	step := func(want string) {
		t.Helper()
		if got := keys(); got != want {
			t.Errorf("offered %q, want %q", got, want)
		}
	}
	step("")
	set(desk.HandlingChange{Harm: ptr(dialog.HarmNone), Consent: ptr(dialog.ConsentGiven)})
	step("") // nobody has acted
	h.must(h.Act(ctx, sam, k, desk.Done{What: "rang", By: "Sam", SpokenTo: ptr(false)}))
	step("feedback.general") // nobody has spoken to him: what he agreed to is not known first hand
	set(desk.HandlingChange{SpokenTo: ptr(true)})
	step("feedback.general feedback.consent")
	set(desk.HandlingChange{Harm: ptr(dialog.HarmPossible), HarmNote: ptr("she is the victim")})
	step("feedback.general")
	set(desk.HandlingChange{Harm: ptr(dialog.HarmNone), Consent: ptr(dialog.ConsentRefused)})
	step("feedback.general")
	h.must(h.Meet(ctx, sam, k, dialog.FeedBack, "sent"))
	step("")
}

// What staff correct is in the log: which fact, from what, to what, by whom.
func TestCorrectionsAreInTheLog(t *testing.T) {
	h := alone(t)
	id := h.text(goodbye).Conversation
	c := h.view(id).Concerns[0]
	facts, leeds := c.Facts, dialog.PrisonID("leeds")
	facts.PrisonerName = "Jordan Price"
	h.must(h.SetConcern(t.Context(), sam, c.ID, desk.ConcernChange{Facts: &facts, Prison: &leeds}))
	events := h.view(id).Events
	var d dialog.CorrectedData
	for _, e := range events {
		if e.Kind == dialog.Corrected {
			h.must(json.Unmarshal(e.Data, &d))
		}
	}
	want := []dialog.FactChange{{Field: "prisoner_name", Now: "Jordan Price"}, {Field: "prison", Was: "stoke-heath", Now: "leeds"}}
	if d.Concern != c.ID || len(d.Changes) != 2 || d.Changes[0] != want[0] || d.Changes[1] != want[1] {
		t.Errorf("%+v", d)
	}
}
