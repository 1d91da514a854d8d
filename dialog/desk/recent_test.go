package desk

import (
	"fmt"
	"testing"
	"time"

	"helpline/dialog"
)

func TestWhatIsKeptOfRecentPeopleIsBounded(t *testing.T) {
	const room = 10
	r := newRecent(room)
	now := time.Date(2026, 3, 2, 21, 4, 0, 0, time.UTC)
	who := func(n int) correspondent {
		return correspondent{"sms", dialog.Address{Medium: dialog.SMS, Value: fmt.Sprint("+44", n)}}
	}
	keep := func(n int, s dialog.Situation, now time.Time) {
		_, epoch, _ := r.take(who(n), now)
		r.keep(who(n), s, epoch, now)
	}
	count := func() int { return len(r.young) + len(r.old) }

	for n := range 5 * room {
		keep(n, dialog.Situation{History: []string{fmt.Sprint(n)}}, now)
		if count() > room {
			t.Fatalf("after %d people %d are kept, more than %d", n+1, count(), room)
		}
	}
	s, _, known := r.take(who(5*room-1), now)
	if !known || s.History[0] != fmt.Sprint(5*room-1) {
		t.Errorf("the newest is %v, %v", s.History, known)
	}
	if _, _, twice := r.take(who(5*room-1), now); twice {
		t.Error("two turns were given the same situation")
	}
	if _, _, known := r.take(who(0), now); known {
		t.Error("the oldest is still kept")
	}
	if r.expire(now.Add(2 * recentFor)); count() != 0 {
		t.Errorf("%d are kept after their time", count())
	}

	keep(1, dialog.Situation{History: []string{string(make([]byte, recentWords+1))}}, now)
	if count() != 0 {
		t.Error("a long history is kept")
	}
	withheld := correspondent{"voice", dialog.Address{Medium: dialog.Voice}}
	r.keep(withheld, dialog.Situation{}, 0, now)
	if count() != 0 {
		t.Error("callers without a number are kept as one")
	}
	_, epoch, _ := r.take(who(2), now)
	r.forget()
	if r.keep(who(2), dialog.Situation{}, epoch, now); count() != 0 {
		t.Error("a turn from before all was forgotten is kept")
	}
	none := newRecent(0)
	if none.keep(who(3), dialog.Situation{}, 0, now); len(none.young) != 0 {
		t.Error("with no room somebody is kept")
	}
}
