package main

import (
	"regexp"
	"sync"
	"testing"
)

func testCrowd() *crowd { return newCrowd("FAMOUT", scripts(40), &series{run: "0123abcd"}) }

func TestEveryMessageHasAnIDAndEverySenderOneMessageAtATime(t *testing.T) {
	c := testCrowd()
	c.spread = 8
	var mu sync.Mutex
	ids, flying := map[string]bool{}, map[*sender]bool{}
	shape := regexp.MustCompile(`^SM[0-9a-f]{32}$`)
	got := times(8, 2000, func(int) error {
		turn := c.take()
		mu.Lock()
		if ids[turn.id] || !shape.MatchString(turn.id) {
			t.Errorf("message id %q", turn.id)
		}
		if flying[turn.from] {
			t.Error("somebody said two things at once")
		}
		ids[turn.id], flying[turn.from] = true, true
		mu.Unlock()
		mu.Lock()
		delete(flying, turn.from)
		mu.Unlock()
		c.accepted(turn)
		return nil
	})
	if len(got.latencies) != 2000 || c.said() != 2000 {
		t.Errorf("%d taken and %d said, want 2000", len(got.latencies), c.said())
	}
	numbers := map[string]bool{}
	for _, s := range c.senders {
		numbers[s.number] = true
	}
	if len(numbers) != len(c.senders) {
		t.Errorf("%d senders share %d numbers", len(c.senders), len(numbers))
	}
}

func TestAConversationComesInItsOrder(t *testing.T) {
	c := testCrowd()
	s := c.one(3) // a talk
	for i, want := range c.scripts[3].texts {
		turn := c.of(s)
		if i == 0 {
			want = "FAMOUT " + want
		}
		if turn.text != want {
			t.Errorf("message %d is %q, want %q", i, turn.text, want)
		}
		c.accepted(turn)
	}
	if len(c.ready) != 0 {
		t.Error("who has said everything is still waiting to speak")
	}
}

func TestTheMixIsWhatItSays(t *testing.T) {
	const n = 200
	seen := map[string]bool{}
	alone, talks, worries := 0, 0, 0
	for _, s := range scripts(n) {
		switch {
		case s.worry:
			worries++
		case len(s.texts) > 1:
			talks++
		default:
			alone++
		}
		for _, text := range s.texts {
			if regexp.MustCompile(`[{}]`).MatchString(text) {
				t.Errorf("%q is not filled in", text)
			}
		}
		seen[s.texts[0]] = true
	}
	if alone != 6*n/10 || talks != 3*n/10 || worries != n/10 {
		t.Errorf("%d questions, %d talks, %d worries", alone, talks, worries)
	}
	if len(seen) < n/2 {
		t.Errorf("only %d different beginnings in %d conversations", len(seen), n)
	}
}
