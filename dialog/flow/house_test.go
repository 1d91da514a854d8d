package flow_test

import (
	"encoding/json"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"helpline/channels"
	"helpline/content"
	"helpline/dialog"
	"helpline/dialog/flow"
	"helpline/dialog/prisons"
	"helpline/dialog/wording"
)

// contacts stands in for the register's numbers, as long as the longest one.
func contacts(kind, id string) (string, bool) {
	if kind == "service" {
		return map[string]string{"keyword": "FAMOUT", "number": "60777", "voice_number": "01632 960999"}[id], true
	}
	return map[string]string{"samaritans": "116 123"}[id], id == "samaritans"
}

func texts(t testing.TB) *wording.Texts {
	t.Helper()
	w, err := wording.Load(content.FS, "en", contacts, "texts")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Require(flow.Keys()...); err != nil {
		t.Fatal(err)
	}
	return w
}

var read = sync.OnceValues(func() (*prisons.Register, error) {
	sub, err := fs.Sub(content.FS, "prisons")
	if err != nil {
		return nil, err
	}
	return prisons.Load(sub)
})

func register(t testing.TB) *prisons.Register {
	t.Helper()
	r, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// talk is one conversation whose state is written and read between turns.
type talk struct {
	t      testing.TB
	env    flow.Env
	reg    *prisons.Register
	conv   dialog.Conversation
	state  []byte
	at     dialog.Level // what the messages before it came to
	who    dialog.Who
	asked  []flow.Question
	last   flow.Turn
	sheets map[string]flow.Found // by what is asked
	bodies map[string]string     // by anchor
}

func newTalk(t testing.TB, m dialog.Medium) *talk {
	k := &talk{t: t, reg: register(t), sheets: map[string]flow.Found{}, bodies: map[string]string{}, conv: dialog.Conversation{Holder: dialog.Holder{Kind: dialog.Bot}, Medium: m}}
	k.env = flow.Env{
		Texts: texts(t), Abilities: channels.AbilitiesOf(m), Medium: m,
		Find: func(q flow.Question) flow.Found {
			k.asked = append(k.asked, q)
			if f, ok := k.sheets[strings.ToLower(q.Text)]; ok {
				return f
			}
			return flow.Found{Kind: flow.KindUnknown}
		},
		Body: func(slug, anchor string) (flow.Answer, string, bool) {
			for _, f := range k.sheets {
				for _, a := range f.Answers {
					if a.Slug == slug && a.Anchor == anchor {
						return a, k.bodies[anchor], true
					}
				}
			}
			return flow.Answer{}, "", false
		},
		Prison: k.reg.Get,
		Country: func(text string) dialog.Jurisdiction {
			switch text = strings.ToLower(text); {
			case strings.Contains(text, "scotland"):
				return dialog.Scotland
			case strings.Contains(text, "england"):
				return dialog.EnglandWales
			}
			return dialog.Unknown
		},
		Fit: func(text string, segments int) []string { return channels.Fit(m, text, segments) },
	}
	return k
}

// step plays one message with the assessment that a message of its own has.
func (k *talk) step(words string, a dialog.Assessment) string {
	k.t.Helper()
	state, err := flow.ReadState(k.state)
	if err != nil {
		k.t.Fatal(err)
	}
	// As the assessor does: the level of what was said before stays.
	if a.Level == dialog.LevelNone {
		a.Who = k.who
	}
	k.at, k.who = max(k.at, a.Level), a.Who
	a.Level, a.Review = k.at, k.at > dialog.LevelNone
	if a.Language == "" {
		a.Language = "en"
	}
	var places []flow.Place
	for _, m := range k.reg.Find(words) {
		places = append(places, flow.Place{Prison: m.Prison, Ambiguous: m.Ambiguous})
	}
	bare := strings.ToLower(words)
	in := flow.Input{Text: words, More: bare == "more", Alone: bare == "", Places: places, Assessment: a, Address: dialog.Address{Medium: k.conv.Medium}}
	k.last = flow.Step(k.env, k.conv, state, in)
	if k.state, err = json.Marshal(k.last.State); err != nil {
		k.t.Fatal(err)
	}
	k.conv.Prison, k.conv.Jurisdiction = k.last.Prison, k.last.Jurisdiction
	if k.last.HandOver {
		k.conv.Holder.Kind = dialog.InQueue
	}
	var lines []string
	for _, l := range k.last.Lines {
		lines = append(lines, l.Text)
	}
	if len(lines) == 0 && k.last.Silent == "" {
		k.t.Errorf("%q gets neither a reply nor a reason", words)
	}
	return strings.Join(lines, "\n")
}

func (k *talk) says(words string) string {
	k.t.Helper()
	return k.step(words, dialog.Assessment{Who: dialog.WhoNone})
}

// risk says words that are a sign themselves.
func (k *talk) risk(words string, level dialog.Level, who dialog.Who) string {
	k.t.Helper()
	sign := words
	if i := strings.IndexByte(words, ' '); i > 0 {
		sign = words[:i]
	}
	return k.step(words, dialog.Assessment{Level: level, Who: who, Review: true, Evidence: []dialog.Evidence{{Sign: "test", Text: sign}}})
}

func (k *talk) text(key string, params ...string) string {
	return k.env.Texts.Say(key, k.env.Medium, params...)
}

func (k *talk) has(said, key string, params ...string) {
	k.t.Helper()
	if want := k.text(key, params...); !strings.Contains(said, want) {
		k.t.Errorf("said %q, without %s: %q", said, key, want)
	}
}

func (k *talk) hasNot(said, key string, params ...string) {
	k.t.Helper()
	if words := k.text(key, params...); strings.Contains(said, words) {
		k.t.Errorf("said %q, with %s", said, key)
	}
}
