package flow_test

import (
	"testing"

	"helpline/dialog"
	"helpline/dialog/flow"
)

// BenchmarkStep measures one step with its state read and written, without what the library takes to find an answer.
func BenchmarkStep(b *testing.B) {
	k := newTalk(b, dialog.SMS)
	answer := flow.Found{Kind: flow.KindAnswer, Answers: []flow.Answer{{
		Slug: "case-conference", Anchor: "what", Title: "Case conferences", Number: "12", Short: "A meeting of the people who look after somebody in prison. The family may be asked to come.",
		Link: "https://helpline.example/s/abcd",
	}}}
	words := map[string]string{
		"question": "what is a case conference at Barlinnie",
		"digits":   "he was sentenced on 12/03/2024, his number is A1234BC, ring me on 07700 900123",
	}
	k.sheets[words["question"]] = answer
	for _, name := range []string{"question", "digits"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.says(words[name])
			}
		})
	}
	b.Run("worry", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			k.state, k.at, k.who = nil, dialog.LevelNone, dialog.WhoNone
			k.risk("hanging himself", dialog.LevelImmediate, dialog.WhoPrisoner)
		}
	})
}
