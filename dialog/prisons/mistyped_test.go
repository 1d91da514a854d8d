package prisons

import (
	"os"
	"testing"
)

// A short name is forgiven a typing error only where the words around say that a prison
// is meant.
func TestMistypedNames(t *testing.T) {
	r, err := Load(os.DirFS("../../content/prisons"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"hmp durhm visiting times":            "durham",
		"is hmp hul a cat b":                  "hull",
		"hes in shots doing six years":        "shotts",
		"how do i ring him in exetr prison":   "exeter",
		"visit barlini jail":                  "barlinnie",
		"barlinnie visit":                     "barlinnie",
		"bar l visit saturday":                "barlinnie",
		"my boy is in killie jail":            "kilmarnock",
		"are there shots for the flu":         "",
		"what shots do i need for my holiday": "",
		"he has gone to hell and back":        "",
		"she needs the lead":                  "",
		"they are in need of help":            "",
		"the prison sent him a letter":        "",
		"is there a prison ship":              "",
		"how many prisons are there":          "",
	} {
		got := ""
		for _, m := range r.Find(text) {
			got += string(m.Prison.ID)
		}
		if got != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}
