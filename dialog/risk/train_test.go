package risk

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/risk/labelled"
)

// few are lines of two kinds that share words within a kind and no run of
// three words, so that each comes into a fold of its own.
func few() []labelled.Line {
	harmless := strings.Fields("visit book saturday parking parcel trainers canteen money bus form lockers post")
	urgent := strings.Fields("frightened threatened debt beaten landing scared knife bruises owes punched jumped bully")
	text := func(words []string, i int) string {
		var out []string
		for k := range 5 {
			out = append(out, words[(i+k*(1+i/len(words)))%len(words)])
		}
		return strings.Join(out, " ")
	}
	var out []labelled.Line
	for i := range 40 {
		id := string(rune('a'+i%26)) + string(rune('0'+i/26))
		out = append(out,
			labelled.Line{ID: "n" + id, Text: text(harmless, i), Level: dialog.LevelNone, Who: dialog.WhoNone},
			labelled.Line{ID: "u" + id, Text: text(urgent, i), Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Categories: []dialog.Category{dialog.ViolenceDebt}})
	}
	return out
}

func TestTrainingIsDeterministicAndLearns(t *testing.T) {
	opts := Defaults()
	opts.Bits, opts.KindBits, opts.Folds = 12, 10, 2
	dir := os.DirFS("../../content/risk")
	one, err := Train(dir, few(), opts)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Train(dir, few(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.File, two.File) {
		t.Error("the same lines gave two models")
	}
	for _, f := range one.Folds {
		if f.Probs[f.Line.Level] < 0.7 {
			t.Errorf("%s: %v", f.Line.ID, f.Probs)
		}
	}
	if !strings.Contains(strings.Join(one.Strongest, "\n"), "urgent") {
		t.Error("the model is not explained")
	}
	if _, err := parseModel(one.File); err != nil {
		t.Errorf("read back: %v", err)
	}
	for _, cut := range []int{0, 5, len(modelMagic) + 2, len(modelMagic) + 40, len(one.File) - 1} {
		if _, err := parseModel(one.File[:cut]); err == nil {
			t.Errorf("a model cut to %d bytes was read", cut)
		}
	}
}

func TestContrastSetsAndNearDuplicatesStayTogether(t *testing.T) {
	lines := []labelled.Line{
		{ID: "kd001a", Text: "he has given his radio away"},
		{ID: "kd001b", Text: "what can he take to another prison"},
		{ID: "x1", Text: "she has not rung since sunday and that is not like her at all"},
		{ID: "x2", Text: "he has not rung since sunday and that is not like him at all"},
	}
	for i := range 30 {
		lines = append(lines, labelled.Line{ID: "y" + string(rune('0'+i/10)) + string(rune('0'+i%10)), Text: "how do i book"})
	}
	used := map[int]bool{}
	for folds := 2; folds < 12; folds++ {
		got := foldsOf(lines, folds)
		if got[0] != got[1] {
			t.Errorf("%d folds part a contrast set", folds)
		}
		if got[2] != got[3] {
			t.Errorf("%d folds part near-duplicates", folds)
		}
		for _, f := range got {
			used[f] = true
		}
	}
	if len(used) < 8 {
		t.Errorf("lines come into %d folds only", len(used))
	}
}

func TestModelFileIsSmall(t *testing.T) {
	info, err := os.Stat("../../content/risk/model.bin")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 1_000_000 {
		t.Errorf("model.bin is %d bytes", info.Size())
	}
}

func TestLabelledLines(t *testing.T) {
	got, err := labelled.Read(strings.NewReader("{\"id\":\"x1\",\"text\":\"a\",\"level\":\"urgent\"}\n\n{\"id\":\"x2\",\"text\":\"b\"}\n"))
	if err != nil || len(got) != 2 || got[0].Level != dialog.LevelUrgent || got[1].Level != dialog.LevelNone {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"{", `{"level":"grave"}`} {
		if _, err := labelled.Read(strings.NewReader("{\"id\":\"ok\"}\n" + bad)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: error %v does not name the line", bad, err)
		}
	}
}
