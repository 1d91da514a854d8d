package main

import (
	"fmt"
	"slices"
)

// expectation is the replies to each message of each script, learned by holding
// every conversation once while nothing else happens: words[script][message].
type expectation [][][]uint64

// after is the replies to the first said messages of a script.
func (e expectation) after(script, said int) (words []uint64) {
	for _, step := range e[script][:said] {
		words = append(words, step...)
	}
	return words
}

// verdict is what became of the messages of a crowd.
type verdict struct {
	Messages int // accepted
	Replies  int // that reached the provider
	Lost     int // replies that never came
	Doubled  int // replies too many
	Wrong    int // senders whose replies say something else than they should
}

func (v verdict) add(o verdict) verdict {
	return verdict{v.Messages + o.Messages, v.Replies + o.Replies, v.Lost + o.Lost, v.Doubled + o.Doubled, v.Wrong + o.Wrong}
}

// fault is what is wrong, or nil.
func (v verdict) fault() error {
	if v.Lost == 0 && v.Doubled == 0 && v.Wrong == 0 {
		return nil
	}
	return fmt.Errorf("of the replies to %d accepted messages %d were lost and %d came twice; %d people were told something else than when alone",
		v.Messages, v.Lost, v.Doubled, v.Wrong)
}

// audit compares what every sender was sent with what the same words brought
// when they were the only ones.
func audit(c *crowd, want expectation, sent func(number string) []reply) (v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.senders {
		due := want.after(s.script, s.next)
		var got []uint64
		for _, r := range sent(s.number) {
			got = append(got, r.words)
		}
		v.Messages += s.next
		v.Replies += len(got)
		switch {
		case len(got) < len(due):
			v.Lost += len(due) - len(got)
		case len(got) > len(due):
			v.Doubled += len(got) - len(due)
		case !slices.Equal(got, due):
			v.Wrong++
		}
	}
	return v
}

// due is how many replies a crowd must have got in all.
func due(c *crowd, want expectation) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.senders {
		n += len(want.after(s.script, s.next))
	}
	return n
}
