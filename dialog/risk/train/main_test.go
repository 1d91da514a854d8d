package main

import "testing"

func TestKeptFilesAreNeverTrainedOn(t *testing.T) {
	for name, want := range map[string]bool{
		"dialog/risk/kept/unseen-1.jsonl":         true,
		"../labelled/unseen-2.jsonl":              true,
		"kept-1.jsonl":                            true,
		"dialog/risk/kept/../kept/anything.jsonl": true,
		"dialog/risk/labelled/risk-train-a.jsonl": false,
	} {
		if got := kept(name); got != want {
			t.Errorf("%s: kept is %v", name, got)
		}
	}
}
