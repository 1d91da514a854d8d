package knowledge

import (
	"math"
	"slices"
)

// A text's grams are its words, its pairs of neighbouring words and the runs of
// letters in its words, hashed to numbers. Runs of letters find a word again in
// other endings and in the spelling of somebody in a hurry.

const (
	shortestRun = 3 // letters, with a space before and behind each word
	longestRun  = 5
	// Words and runs of letters are weighed apart, so that the many runs of a long
	// word do not drown the words.
	blockWords, blockRuns = 0, 1
)

// gramWeight is a gram by number, or by hash before it has one, with its weight.
type gramWeight struct {
	gram   uint32
	block  uint8
	weight float32
}

const (
	hashOffset = 2166136261
	hashPrime  = 16777619
)

func hashOf(h uint32, s string) uint32 {
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * hashPrime
	}
	return h
}

// gramsOf appends the grams of words, and of their terms, each occurrence as often as
// it occurs, with the weight.
func gramsOf(to []gramWeight, words, terms []string, weight float32) []gramWeight {
	for _, t := range terms {
		to = append(to, gramWeight{hashOf(hashOffset^1, t), blockWords, weight})
	}
	for i, w := range words {
		to = append(to, gramWeight{hashOf(hashOffset^2, w), blockWords, weight})
		if i > 0 {
			to = append(to, gramWeight{hashOf((hashOf(hashOffset^3, words[i-1])^' ')*hashPrime, w), blockWords, weight})
		}
		to = runsOf(to, w, weight)
	}
	return to
}

func runsOf(to []gramWeight, word string, weight float32) []gramWeight {
	const most = 24 // letters of a word that are looked at
	var array [most + 2]byte
	padded := append(append(append(array[:0], ' '), word[:min(len(word), most)]...), ' ')
	for start := range padded {
		h := uint32(hashOffset ^ 4)
		for n := 1; n <= longestRun && start+n <= len(padded); n++ {
			h = (h ^ uint32(padded[start+n-1])) * hashPrime
			if n >= shortestRun {
				to = append(to, gramWeight{h, blockRuns, weight})
			}
		}
	}
	return to
}

// added sorts grams and adds up equal ones.
func added(grams []gramWeight) []gramWeight {
	slices.SortFunc(grams, func(a, b gramWeight) int {
		switch {
		case a.gram < b.gram:
			return -1
		case a.gram > b.gram:
			return 1
		}
		return 0
	})
	n := 0
	for _, g := range grams {
		if n > 0 && grams[n-1].gram == g.gram {
			grams[n-1].weight += g.weight
		} else {
			grams[n] = g
			n++
		}
	}
	return grams[:n]
}

// weighed turns counts into weights, each block of length 1 over the root of two.
func weighed(grams []gramWeight, idf func(gram uint32) float32) {
	var squares [2]float32
	for i, g := range grams {
		w := g.weight
		if w > 1 {
			w = 1 + float32(math.Log(float64(w)))
		}
		w *= idf(g.gram)
		grams[i].weight = w
		squares[g.block] += w * w
	}
	for i, g := range grams {
		if squares[g.block] > 0 {
			grams[i].weight /= float32(math.Sqrt(2 * float64(squares[g.block])))
		}
	}
}
