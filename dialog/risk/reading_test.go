package risk

import (
	"fmt"
	"os"
	"reflect"
	"sync"
	"testing"
)

func TestWhatIsKeptChangesNothing(t *testing.T) {
	a, err := Load(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	history := []string{"hes given his radio away", "what time are visits", "he says he wants to die"}
	for n := range len(history) + 1 {
		for range 2 {
			got := a.Assess("ok thanks", history[:n])
			fresh, err := Load(os.DirFS("../../content/risk"))
			if err != nil {
				t.Fatal(err)
			}
			if want := fresh.Assess("ok thanks", history[:n]); !reflect.DeepEqual(got, want) {
				t.Errorf("after %d messages: %+v, a fresh assessor says %+v", n, got, want)
			}
		}
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	a, err := Load(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range mostKept {
				a.Assess(fmt.Sprintf("he has not rung since day %d", i*4+w), []string{"hello", fmt.Sprint("room ", i%7)})
			}
		})
	}
	wg.Wait()
	if n := len(a.kept.by); n > mostKept || n != len(a.kept.ring) {
		t.Errorf("%d readings kept, %d listed, want at most %d", n, len(a.kept.ring), mostKept)
	}
}

func TestTheLoudestSentenceIsHeard(t *testing.T) {
	a, err := Load(os.DirFS("../../content/risk"))
	if err != nil {
		t.Fatal(err)
	}
	s := new(scratch)
	long := a.read("what time are visits. can i bring crisps. he says he will hang himself tonight. is there parking. thanks", s).clause
	short := a.read("what time are visits. can i bring crisps. is there parking. thanks", s).clause
	if long[2] <= short[2] {
		t.Errorf("the sentence with the risk adds nothing: %v, without it %v", long, short)
	}
}
