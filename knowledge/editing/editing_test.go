package editing

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"helpline/internal/db"
	"helpline/internal/db/dbtest"
	"helpline/knowledge"
)

var ctx = context.Background()

type desk struct {
	*Editor
	now     time.Time
	notices int
}

// newDesk opens an Editor over the database and a library of its own, as a node does
// at its start.
func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	base, err := knowledge.Load(os.DirFS("../testdata/content"))
	if err != nil {
		t.Fatal(err)
	}
	library, err := knowledge.NewLibrary(base)
	if err != nil {
		t.Fatal(err)
	}
	shelf, err := knowledge.NewShelf(library)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, d, Migrations()); err != nil {
		t.Fatal(err)
	}
	desk := &desk{now: time.Date(2026, 6, 1, 9, 30, 0, 0, time.UTC)}
	desk.Editor, err = New(Config{
		DB: d, Base: base, Shelf: shelf,
		Now:       func() time.Time { return desk.now },
		Published: func() { desk.notices++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := desk.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	return desk
}

func (d *desk) answer(text string) string {
	l := d.Shelf.Library()
	f := l.Find(knowledge.Query{Text: text})
	if f.Kind != knowledge.KindAnswer {
		return string(f.Kind)
	}
	return l.Short(f.Answers[0].Ref())
}

func (d *desk) state(t *testing.T, slug string) State {
	t.Helper()
	states, err := d.Sheets(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.Slug == slug {
			return s
		}
	}
	return State{}
}

const trainFare = "can i get my train fare back"

// An editor changes a sheet and publishes it; the next question is answered from the
// new text, here and on a node that starts afterwards.
func TestPublishAnswersTheNextQuestion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		d := newDesk(t, database)
		draft, err := d.Draft(ctx, "visit-costs")
		if err != nil || draft.Open || draft.Version != 0 || len(draft.Faults) != 0 {
			t.Fatalf("draft = %+v, %v", draft, err)
		}
		text := strings.Replace(draft.Source, "can claim train and bus fares back", "can claim all fares back within a month", 1)
		version, faults, err := d.SaveDraft(ctx, "visit-costs", text, "erin", draft.Version)
		if err != nil || version != 1 || len(faults) != 0 {
			t.Fatalf("SaveDraft = %d, %v, %v", version, faults, err)
		}
		if s := d.state(t, "visit-costs"); s.Published != 0 || s.Draft != 1 || s.DraftBy != "erin" || s.DraftFaults != 0 {
			t.Errorf("state with a draft: %+v", s)
		}
		if strings.Contains(d.answer(trainFare), "within a month") {
			t.Error("a draft was answered from")
		}
		published, err := d.Publish(ctx, "visit-costs", "erin", version)
		if err != nil || published != 1 {
			t.Fatalf("Publish = %d, %v", published, err)
		}
		if got := d.answer(trainFare); !strings.Contains(got, "within a month") {
			t.Errorf("answered %q", got)
		}
		if s := d.state(t, "visit-costs"); s.Published != 1 || s.Draft != 0 || s.PublishedBy != "erin" || !s.PublishedAt.Equal(d.now) {
			t.Errorf("state when published: %+v", s)
		}
		if d.notices != 1 {
			t.Errorf("%d notices, want 1", d.notices)
		}
		if got := newDesk(t, database).answer(trainFare); !strings.Contains(got, "within a month") {
			t.Errorf("after a restart answered %q", got)
		}
		again, err := d.Draft(ctx, "visit-costs")
		if err != nil || again.Open || again.Source != text {
			t.Errorf("the next draft begins with %+v, %v", again, err)
		}
	})
}

// Another node sees what was published once it is told.
func TestRebuildTakesOverFromAnotherNode(t *testing.T) {
	database := dbtest.SQLite(t)
	here, there := newDesk(t, database), newDesk(t, database)
	publish(t, there, "visit-costs", "can claim train and bus fares back", "can claim it all")
	if strings.Contains(here.answer(trainFare), "it all") {
		t.Fatal("the other node's library changed by itself")
	}
	if err := here.Rebuild(ctx); err != nil {
		t.Fatal(err)
	}
	if got := here.answer(trainFare); !strings.Contains(got, "it all") {
		t.Errorf("answered %q", got)
	}
	if here.Shelf.Library().Version() != there.Shelf.Library().Version() {
		t.Error("the nodes serve different versions")
	}
}

func publish(t *testing.T, d *desk, slug, old, new string) {
	t.Helper()
	draft, err := d.Draft(ctx, slug)
	if err != nil {
		t.Fatal(err)
	}
	version, _, err := d.SaveDraft(ctx, slug, strings.Replace(draft.Source, old, new, 1), "erin", draft.Version)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Publish(ctx, slug, "erin", version); err != nil {
		t.Fatal(err)
	}
}

// A sheet that does not parse is kept as a draft with the line of its fault, is not
// published, and the one before stays in force.
func TestBrokenSheetIsKeptAndNotPublished(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		d := newDesk(t, database)
		before := d.answer(trainFare)
		draft, err := d.Draft(ctx, "visit-costs")
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{
			"no anchor":        strings.Replace(draft.Source, " {#who}", "", 1),
			"broken reference": strings.Replace(draft.Source, "{phone:visit-costs}", "{phone:nobody}", 1),
			"another slug":     strings.Replace(draft.Source, "slug: visit-costs", "slug: others", 1),
		} {
			draft, err := d.Draft(ctx, "visit-costs")
			if err != nil {
				t.Fatal(err)
			}
			version, faults, err := d.SaveDraft(ctx, "visit-costs", text, "erin", draft.Version)
			if err != nil || len(faults) == 0 || faults[0].Line == 0 {
				t.Fatalf("%s: SaveDraft = %d, %v, %v", name, version, faults, err)
			}
			var refused *knowledge.Faults
			if _, err := d.Publish(ctx, "visit-costs", "erin", version); !errors.As(err, &refused) {
				t.Fatalf("%s: Publish = %v, want *knowledge.Faults", name, err)
			}
			kept, err := d.Draft(ctx, "visit-costs")
			if err != nil || kept.Source != text || len(kept.Faults) == 0 {
				t.Errorf("%s: the draft is %+v, %v", name, kept, err)
			}
			if s := d.state(t, "visit-costs"); s.DraftFaults == 0 || s.Published != 0 {
				t.Errorf("%s: state %+v", name, s)
			}
		}
		if got := d.answer(trainFare); got != before || d.notices != 0 {
			t.Errorf("answered %q after %d notices, want %q", got, d.notices, before)
		}
	})
}

func TestAdviceDoesNotHoldASheetBack(t *testing.T) {
	d := newDesk(t, dbtest.SQLite(t))
	publish(t, d, "visit-costs", "People on a low income can claim. ", strings.Repeat("long ", 30)+". ")
	if s := d.state(t, "visit-costs"); s.Published != 1 {
		t.Errorf("state %+v", s)
	}
}

// Two editors with the same sheet open: the second to save is told, and so is one who
// publishes what somebody has changed, or saves from a window older than a publication.
func TestConflicts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		d := newDesk(t, database)
		draft, err := d.Draft(ctx, "visit-costs")
		if err != nil {
			t.Fatal(err)
		}
		save := func(base int64) (int64, error) {
			version, _, err := d.SaveDraft(ctx, "visit-costs", draft.Source+"\n", "erin", base)
			return version, err
		}
		first, err := save(draft.Version)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := save(draft.Version); !errors.Is(err, ErrConflict) {
			t.Errorf("second save from the same text: %v", err)
		}
		second, err := save(first)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Publish(ctx, "visit-costs", "sam", first); !errors.Is(err, ErrConflict) {
			t.Errorf("publish of a text that was changed: %v", err)
		}
		if _, err := d.Publish(ctx, "visit-costs", "sam", second); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Publish(ctx, "visit-costs", "sam", second); !errors.Is(err, ErrNotFound) {
			t.Errorf("publish without a draft: %v", err)
		}
		for _, old := range []int64{0, first, second} {
			if _, err := save(old); !errors.Is(err, ErrConflict) {
				t.Errorf("save from version %d after the publication: %v", old, err)
			}
		}
		now, err := d.Draft(ctx, "visit-costs")
		if err != nil {
			t.Fatal(err)
		}
		third, err := save(now.Version)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Discard(ctx, "visit-costs", "sam", now.Version); !errors.Is(err, ErrConflict) {
			t.Errorf("discard of another version: %v", err)
		}
		if err := d.Discard(ctx, "visit-costs", "sam", third); err != nil {
			t.Fatal(err)
		}
		if s := d.state(t, "visit-costs"); s.Draft != 0 || s.Published != 1 {
			t.Errorf("state after the draft was thrown away: %+v", s)
		}
	})
}

func TestCreateWithdrawAndBringBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		d := newDesk(t, database)
		source := "---\nslug: canteen\ntitle: Canteen\nsummary: What he can buy.\njurisdiction: uk\nsources: [one]\npublished: 2026-01-01\nreview_by: 2027-01-01\nowner: me\n---\n\n" +
			"## What is the canteen? {#what}\n\n```answer\nshort: The canteen is the shop of the prison.\nasked: [whats canteen]\n```\n\nIt is a shop.\n"
		version, faults, err := d.Create(ctx, "canteen", source, "erin")
		if err != nil || len(faults) != 0 {
			t.Fatalf("Create = %v, %v", faults, err)
		}
		for _, slug := range []string{"canteen", "visit-costs"} {
			if _, _, err := d.Create(ctx, slug, source, "sam"); !errors.Is(err, ErrExists) {
				t.Errorf("Create of %s: %v", slug, err)
			}
		}
		var refused *knowledge.Faults
		if _, _, err := d.Create(ctx, "Not A Slug", source, "sam"); !errors.As(err, &refused) {
			t.Errorf("Create with a bad slug: %v", err)
		}
		if s := d.state(t, "canteen"); s.Published != -1 || s.Draft != version || s.Title != "Canteen" {
			t.Errorf("state of a new sheet: %+v", s)
		}
		if _, err := d.Publish(ctx, "canteen", "erin", version); err != nil {
			t.Fatal(err)
		}
		if got := d.answer("whats the canteen"); !strings.Contains(got, "shop") {
			t.Fatalf("answered %q", got)
		}
		if err := d.Withdraw(ctx, "canteen", "erin"); err != nil {
			t.Fatal(err)
		}
		if _, ok := d.Shelf.Library().Sheet("canteen"); ok {
			t.Error("a withdrawn sheet is in the library")
		}
		if s := d.state(t, "canteen"); s.Published != -1 || !s.Withdrawn {
			t.Errorf("state of a withdrawn sheet: %+v", s)
		}
		if err := d.Withdraw(ctx, "canteen", "erin"); !errors.Is(err, ErrNotFound) {
			t.Errorf("withdrawn twice: %v", err)
		}
		publish(t, d, "canteen", "It is a shop.", "It is a small shop.")
		if _, ok := d.Shelf.Library().Sheet("canteen"); !ok {
			t.Error("the sheet did not come back")
		}
		versions, err := d.Versions(ctx, "canteen")
		if err != nil || len(versions) != 3 || versions[0].Version != 3 || !versions[1].Withdrawn || versions[2].Source != source {
			t.Errorf("versions %+v, %v", versions, err)
		}
		// A sheet of the content folder can be withdrawn as well, and stays so.
		if err := d.Withdraw(ctx, "visit-costs", "erin"); err != nil {
			t.Fatal(err)
		}
		if _, ok := newDesk(t, database).Shelf.Library().Sheet("visit-costs"); ok {
			t.Error("a withdrawn sheet came back with a restart")
		}
		if err := d.Withdraw(ctx, "no-such", "erin"); !errors.Is(err, ErrNotFound) {
			t.Errorf("withdrawn though it does not exist: %v", err)
		}
	})
}

// What an earlier program published and this one cannot read is left out; the rest is in force.
func TestRebuildLeavesOutWhatItCannotRead(t *testing.T) {
	d := newDesk(t, dbtest.SQLite(t))
	before := d.answer(trainFare)
	publish(t, d, "keeping-touch-south", "The prison prints the email and hands it over.", "Staff print it.")
	err := d.DB.Do(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertVersion, "visit-costs", 1, "not a sheet", false, "old", 1)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var faults *knowledge.Faults
	if err := d.Rebuild(ctx); !errors.As(err, &faults) || faults.Faults[0].File != "visit-costs.md" {
		t.Errorf("Rebuild = %v", err)
	}
	if got := d.answer(trainFare); got != before {
		t.Errorf("answered %q, want %q", got, before)
	}
	if l := d.Shelf.Library(); !strings.Contains(l.BodyText(knowledge.SectionRef{Slug: "keeping-touch-south", Anchor: "email"}), "Staff print it.") {
		t.Error("another published sheet is not in force")
	}
}

func TestPreview(t *testing.T) {
	d := newDesk(t, dbtest.SQLite(t))
	sheet, faults := d.Preview("---\ntitle: One\n---\n")
	if sheet.Title != "One" || len(faults) == 0 {
		t.Errorf("Preview = %+v, %v", sheet, faults)
	}
	if _, err := d.Draft(ctx, "no-such"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Draft of nothing: %v", err)
	}
	if _, _, err := d.SaveDraft(ctx, "visit-costs", strings.Repeat("x", MaxSource+1), "erin", 0); !errors.Is(err, ErrTooLong) {
		t.Errorf("an endless draft: %v", err)
	}
}

func TestUnansweredQuestions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		d := newDesk(t, database)
		found := knowledge.Finding{Kind: knowledge.KindUnknown, Intent: "clothes", Jurisdiction: knowledge.Scotland}
		for _, q := range []string{"can he have trainers", "  ", "ring me on 07700 900 123 about A1234BC or mail a@b.example, he is 24"} {
			if err := d.Record(ctx, q, found); err != nil {
				t.Fatal(err)
			}
		}
		list, err := d.Unanswered(ctx, 10)
		if err != nil || len(list) != 2 {
			t.Fatalf("list = %+v, %v", list, err)
		}
		for _, u := range list {
			if u.Intent != "clothes" || u.Kind != knowledge.KindUnknown || u.Jurisdiction != knowledge.Scotland {
				t.Errorf("question %+v", u)
			}
			if want := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC); !u.AskedOn.Equal(want) {
				t.Errorf("asked on %v, want the day without the hour", u.AskedOn)
			}
			if strings.HasPrefix(u.Question, "ring") && u.Question != "ring me on [...] about [...] or mail [...] he is 24" {
				t.Errorf("kept as %q", u.Question)
			}
		}
		if err := d.Done(ctx, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := d.Done(ctx, "none"); !errors.Is(err, ErrNotFound) {
			t.Errorf("Done of nothing: %v", err)
		}
		if left, err := d.Unanswered(ctx, 10); err != nil || len(left) != 1 {
			t.Errorf("left = %+v, %v", left, err)
		}
		if n, err := d.Forget(ctx, d.now.AddDate(0, 0, 1)); err != nil || n != 2 {
			t.Errorf("Forget = %d, %v", n, err)
		}
	})
}

func TestNewNeedsItsParts(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("an editor of nothing")
	}
}
