package desk

import (
	"fmt"
	"testing"

	"helpline/dialog"
)

// After a burst that is longer than what is kept in memory, the rest must not
// wait for the clock: it is asked for as soon as the last of them is seen to.
func TestWhatDidNotFitIsAskedForWhenThereIsRoom(t *testing.T) {
	o := newOutbox()
	for n := range room + 1 {
		o.wake(dialog.ConversationID(fmt.Sprint(n)))
	}
	asked := func() bool {
		select {
		case <-o.empty:
			return true
		default:
			return false
		}
	}
	for n := range room {
		if asked() {
			t.Fatalf("the store is asked with %d still waiting", room-n)
		}
		if o.done(<-o.ready) {
			t.Fatal("nobody woke it again")
		}
	}
	if !asked() {
		t.Fatal("one did not fit and nobody asks for it")
	}
	o.wake("late")
	if o.done(<-o.ready); asked() {
		t.Error("all fitted, and the store is asked again")
	}
	o.remain()
	if !asked() {
		t.Error("a full page of the store was not the last one, and nobody asks for more")
	}
}

func TestAConversationIsSentForByOneAtATime(t *testing.T) {
	o := newOutbox()
	o.wake("c")
	id := <-o.ready
	o.wake("c") // something more was written while its sender is at it
	select {
	case <-o.ready:
		t.Fatal("a second sender would take it")
	default:
	}
	if !o.done(id) {
		t.Fatal("its sender does not look again")
	}
	if o.done(id) {
		t.Fatal("its sender looks again although nothing came")
	}
	o.wake("c")
	if got := <-o.ready; got != "c" {
		t.Fatalf("woken %s", got)
	}
}
