package risk

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"helpline/dialog"
	"helpline/dialog/risk/labelled"
)

func few() []labelled.Line {
	var out []labelled.Line
	for i := range 40 {
		id := string(rune('a'+i%26)) + string(rune('0'+i/26))
		out = append(out,
			labelled.Line{ID: "n" + id, Text: "how do i book a visit for saturday please", Level: dialog.LevelNone, Who: dialog.WhoNone},
			labelled.Line{ID: "u" + id, Text: "he says he is frightened of the lads on his landing", Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Categories: []dialog.Category{dialog.ViolenceDebt}})
	}
	return out
}

func TestTrainingIsDeterministicAndLearns(t *testing.T) {
	opts := Defaults()
	opts.Bits, opts.KindBits, opts.Folds = 12, 10, 2
	dir := os.DirFS("../../content/risk")
	one, folds, strongest, err := Train(dir, few(), opts)
	if err != nil {
		t.Fatal(err)
	}
	two, _, _, err := Train(dir, few(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("the same lines gave two models")
	}
	for _, f := range folds {
		if f.Probs[f.Line.Level] < 0.8 {
			t.Errorf("%s: %v", f.Line.ID, f.Probs)
		}
	}
	if !strings.Contains(strings.Join(strongest, "\n"), "urgent") {
		t.Error("the model is not explained")
	}
	if _, err := parseModel(one); err != nil {
		t.Errorf("read back: %v", err)
	}
	for _, cut := range []int{0, 5, len(modelMagic) + 2, len(modelMagic) + 40, len(one) - 1} {
		if _, err := parseModel(one[:cut]); err == nil {
			t.Errorf("a model cut to %d bytes was read", cut)
		}
	}
}

func TestContrastSetsStayTogether(t *testing.T) {
	a, b := labelled.Line{ID: "kd001a"}, labelled.Line{ID: "kd001b"}
	for folds := 2; folds < 12; folds++ {
		if foldOf(a, folds) != foldOf(b, folds) {
			t.Errorf("%d folds part a contrast set", folds)
		}
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
