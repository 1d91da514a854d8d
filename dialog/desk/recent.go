package desk

import (
	"sync"
	"time"

	"helpline/dialog"
)

const (
	// recentFor is how long at least somebody's situation is kept after a message; twice that at most.
	recentFor = 5 * time.Minute
	// recentWords bounds the history that is kept with it, in bytes; who wrote more is read from the store.
	recentWords = 4 << 10
	// historyLength is that of dialog.Situation.
	historyLength = 10
)

// correspondent is somebody on one of our lines.
type correspondent struct {
	line dialog.LineID
	from dialog.Address
}

// recent keeps what the next message of somebody who has just written will be judged against, so that it need not be read. Nothing
// rests on its being true: the transaction of the next turn expects the conversation's version and accepts the message's
// key, and whatever changes a conversation or its concern moves that version on. What a person asked for in another
// conversation does not, and forget is for that.
//
// What is kept is in memory only, for minutes, and for a bounded number of people: two generations, of which the older one is dropped.
type recent struct {
	room int // people kept in one generation

	mu         sync.Mutex
	young, old map[correspondent]dialog.Situation
	since      time.Time // when the young generation began
	epoch      int64     // how often all was forgotten
}

func newRecent(people int) *recent { return &recent{room: (people + 1) / 2} }

// take returns what is known of somebody and lets go of it, so that two messages at once do not share it. keep wants
// to be told the epoch.
func (r *recent) take(c correspondent, now time.Time) (s dialog.Situation, epoch int64, known bool) {
	if r.room == 0 || c.from.Withheld() {
		return s, 0, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.age(now)
	for _, generation := range []map[correspondent]dialog.Situation{r.young, r.old} {
		if s, known = generation[c]; known {
			delete(generation, c)
			return s, r.epoch, true
		}
	}
	return s, r.epoch, false
}

// keep remembers the situation after a turn that began in the given epoch.
func (r *recent) keep(c correspondent, s dialog.Situation, epoch int64, now time.Time) {
	length := len(s.Conversation.State)
	for _, words := range s.History {
		length += len(words)
	}
	if r.room == 0 || c.from.Withheld() || length > recentWords {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if epoch != r.epoch {
		return
	}
	r.age(now)
	if len(r.young) >= r.room {
		r.next(now)
	}
	if r.young == nil {
		r.young, r.since = map[correspondent]dialog.Situation{}, now
	}
	r.young[c] = s
}

// forget drops everything, and what turns under way would keep.
func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.young, r.old = nil, nil
	r.epoch++
}

// expire drops what is too old. It is called every now and then, for when nobody writes.
func (r *recent) expire(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.age(now)
}

func (r *recent) age(now time.Time) {
	switch past := now.Sub(r.since); {
	case r.young == nil && r.old == nil:
	case past >= 2*recentFor:
		r.young, r.old = nil, nil
	case past >= recentFor:
		r.next(now)
	}
}

func (r *recent) next(now time.Time) { r.old, r.young, r.since = r.young, nil, now }

// situation is what the next message will be judged against, as the store would say it; said are the person's words before this turn.
func (t *turn) situation(said []string) dialog.Situation {
	s := dialog.Situation{Person: t.sit.Person, Conversation: t.conv, Concern: t.sit.Concern}
	if t.worry.concern != nil {
		s.Concern = *t.worry.concern
	}
	switch {
	case t.optOut:
		s.Person.OptedOutAt = t.now
	case t.optIn:
		s.Person.OptedOutAt = time.Time{}
	}
	if t.in.Text != "" {
		said = append(said, t.in.Text)
	}
	s.History = said[max(0, len(said)-historyLength):]
	return s
}
