// Package risk promises that every message is judged in the same way, on its
// own words and on what the same person wrote before: how soon people must
// act, what is feared, for whom, and by which words that was seen. It is pure:
// no clock, no network, no randomness; the same message gets the same
// assessment on every machine.
//
// The layers, each readable and tested alone: normalising (normal.go), signs
// kept as data in content/risk (pattern.go, sign.go), scope (scope.go),
// combinations (combine.go), language (language.go, phrase.go), history
// (judge.go), a statistical model trained
// from labelled messages (feature.go, model.go, weigh.go; training in train.go,
// learn.go, folds.go), and the second net: whatever is not plainly harmless
// asks for a person to read it.
package risk
