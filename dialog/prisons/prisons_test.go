package prisons_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"helpline/dialog"
	"helpline/dialog/prisons"
)

func load(t testing.TB) *prisons.Register {
	t.Helper()
	r, err := prisons.Load(os.DirFS("../../content/prisons"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found writes what Find says in a line: "leeds", or "perth?" when uncertain.
func found(r *prisons.Register, text string) string {
	var ids []string
	for _, m := range r.Find(text) {
		id := string(m.Prison.ID)
		if m.Ambiguous {
			id += "?"
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

func TestFindInRunningText(t *testing.T) {
	r := load(t)
	for _, c := range []struct{ text, want string }{
		{"he's in strangeways", "manchester"},
		{"hes in Strange Ways on k wing", "manchester"},
		{"my lad is in bar l", "barlinnie"},
		{"BAR-L", "barlinnie"},
		{"my man's in barlinnie's hospital bit", "barlinnie"},
		{"HMP&YOI stoke heath", "stoke-heath"},
		{"he's in Stoke Heath", "stoke-heath"},
		{"stokeheath", "stoke-heath"},
		{"HMP/YOI Stoke Heath's reception", "stoke-heath"},
		{"hmp leeds", "leeds"},
		{"hmpleeds", "leeds"},
		{"hes in leeds", "leeds"},
		{"he’s in Armley, e wing", "leeds"},
		{"leeds prison opening times", "leeds"},
		{"my son was moved from perth to low moss", "perth low-moss"},
		{"saughton visit tomorrow", "edinburgh"},
		{"in the scrubs on remand", "wormwood-scrubs"},
		{"WORMWOOD SCRUBS", "wormwood-scrubs"},
		{"worm wood scrubs", "wormwood-scrubs"},
		{"winson green, cell 14", "birmingham"},
		{"hmp the mount", "the-mount"},
		{"he got shipped to the mount", "the-mount"},
		{"hmp ford is an open prison", "ford"},
		{"hes been moved to ford", "ford"},
		{"is send prison for women", "send"},
		{"my mum is in send", "send"},
		{"hmp isis", "isis"},
		{"visit at usk on friday", "usk"},
		{"full sutton prison", "full-sutton"},
		{"parkhurst prison", "isle-of-wight"},
		{"my brother's in hydebank wood", "hydebank"},
		{"maghaberry", "maghaberry"},
		{"hmp la moye jersey", "la-moye"},
		{"northsea camp", "north-sea-camp"},
		{"feltham a, hes 16", "feltham-a?"},
		{"hmyoi feltham a", "feltham-a"},
		{"hmyoi parc", "parc-yoi"},
		{"hmp parc", "parc"},
		{"He is in HMP Low Newton. She was in Styal before", "low-newton styal"},
		{"carchar abertawe", "swansea"},
		{"hmp peterborough womens wing", "peterborough-female"},
		// mistyped
		{"my son is in hmp barlinie", "barlinnie"},
		{"hes in wandswrth", "wandsworth"},
		{"hmp brimingham", "birmingham"},
		{"whats visits like at altcouse", "altcourse"},
		{"glenochill", "glenochil?"},
		{"stoke heaht", "stoke-heath?"},
		{"he is in notingham prison", "nottingham"},
		// only the town, or nothing
		{"Perth", "perth?"},
		{"lewes", "lewes?"},
		{"low moss", "low-moss?"},
		{"we are driving up from hull on saturday", ""},
		{"i live in Perth Australia", ""},
		{"im from leeds and need help with money", ""},
		{"reading a letter", ""},
		{"full sutton on", ""},
		{"ford focus", ""},
		{"i cant afford it", ""},
		{"can i send money in", ""},
		{"who do i send it to", ""},
		{"the mount of paperwork is mad", ""},
		{"the new hall in our village", ""},
		{"only me again", ""},
		{"a high point of my week", ""},
		{"he walked in to the garth", ""},
		{"mount", ""},
		{"", ""},
		{"👋🏽 ’’ ''", ""},
	} {
		if got := found(r, c.text); got != c.want {
			t.Errorf("Find(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestFindSaysWhereItStands(t *testing.T) {
	r := load(t)
	text := "Tommy’s in HMP  Wormwood  Scrubs now"
	m := r.Find(text)
	if len(m) != 1 || m[0].Text != "Wormwood  Scrubs" || text[m[0].Start:m[0].Start+len(m[0].Text)] != m[0].Text {
		t.Errorf("Find(%q) = %+v", text, m)
	}
}

func TestEveryPrisonIsFoundByItsNames(t *testing.T) {
	r := load(t)
	for _, p := range r.All() {
		for _, a := range append([]string{p.Name, p.ShortName}, p.Aliases...) {
			if p.ID == "peterborough-female" || p.ID == "parc-yoi" {
				continue // told apart by more than the name: see the table above
			}
			text := "hmp " + a
			m := r.Find(text)
			if len(m) != 1 || m[0].Prison.ID != p.ID {
				t.Errorf("Find(%q) = %s, want %s", text, found(r, text), p.ID)
			}
		}
		if got, ok := r.Get(p.ID); !ok || got.Name != p.Name {
			t.Errorf("Get(%q) = %q, %v", p.ID, got.Name, ok)
		}
	}
	if _, ok := r.Get("nowhere"); ok {
		t.Error("Get found a prison that does not exist")
	}
}

func TestEveryJurisdictionIsThere(t *testing.T) {
	n := map[dialog.Jurisdiction]int{}
	for _, p := range load(t).All() {
		n[p.Jurisdiction]++
		if (p.Switchboard != "" || p.ConcernLine != "") && p.ID != "stoke-heath" {
			t.Errorf("%s has a telephone number; none is sourced", p.ID)
		}
	}
	if n[dialog.Scotland] != 17 || n[dialog.NorthernIreland] != 3 || n[dialog.Jersey] != 1 || n[dialog.Guernsey] != 1 || n[dialog.EnglandWales] < 125 {
		t.Errorf("establishments: %v", n)
	}
	p, _ := load(t).Get("stoke-heath")
	if p.Switchboard != "01630 636000" || p.ConcernLine != "01630 638011" || p.CheckedOn != "2022-12-01" {
		t.Errorf("Stoke Heath: %+v", p)
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	_, err := prisons.Load(fstest.MapFS{
		"ordinary.json": {Data: []byte(`{}`)},
		"prisons.json": {Data: []byte(`[
			{"id":"a","name":"HMP A","short_name":"A","jurisdiction":"scotland","aliases":["same"]},
			{"id":"a","name":"HMP B","short_name":"B","jurisdiction":"france","aliases":["s-a-m-e"],"switchboard":"01"}]`)},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"used twice", `"france"`, "source and checked_on", `alias "s-a-m-e"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %q", err, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	r := load(f)
	for _, s := range []string{"he's in strangeways", "HMP/YOI Stoke Heath", "hmp’s\xff", "bar l bar l"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range r.Find(text) {
			if m.Start < 0 || m.Start+len(m.Text) > len(text) || text[m.Start:m.Start+len(m.Text)] != m.Text || m.Text == "" {
				t.Fatalf("match %+v is not in %q", m, text)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	r := load(b)
	text := "hiya my son was moved last tuesday and i dont know where he is now, the last i heard he was in strangeways but his cellmate says hes gone to another one now"
	for name, s := range map[string]string{"named": text, "nothing": strings.ReplaceAll(text, "strangeways", "the old place")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Find(s)
			}
		})
	}
}
