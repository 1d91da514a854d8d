package knowledge

import (
	"math"
	"strings"
)

// Limits of the reading age, in years.
const (
	TargetAge = 11 // of a sheet and of a section: over it is advice
	MaxAge    = 16 // of a section: over it is a fault
	// leastWords is how many words a text needs for a reading age to mean something.
	leastWords = 25
)

// ReadingAge is the age in years from which on a text can be read: the Flesch-Kincaid
// grade and five. Grade is 0.39 words a sentence + 11.8 syllables a word - 15.59
// (Kincaid and others, 1975). Markdown, links and references to contacts are left out. ok
// is false for a text too short to tell.
func ReadingAge(text string) (age float64, ok bool) {
	words, syllables, count := 0, 0, 0
	sentences(text, 1, func(sentence string, _ int) {
		n := 0
		for _, word := range splitWords(nil, sentence) {
			if word[0] >= '0' && word[0] <= '9' {
				continue
			}
			n++
			syllables += syllablesOf(word)
		}
		if n > 0 {
			words += n
			count++
		}
	})
	if words < leastWords {
		return 0, false
	}
	grade := 0.39*float64(words)/float64(count) + 11.8*float64(syllables)/float64(words) - 15.59
	return math.Max(5, grade+5), true
}

// syllablesOf counts the groups of vowels of a word, without a silent e at its end or in
// the ending -ed. It is right for nine words of ten, which is enough for an average.
func syllablesOf(word string) int {
	n := 0
	vowel := false
	for i := range len(word) {
		is := strings.IndexByte("aeiouy", word[i]) >= 0
		if is && !vowel {
			n++
		}
		vowel = is
	}
	switch {
	case n < 2:
	case strings.HasSuffix(word, "le") && len(word) > 2 && strings.IndexByte("aeiouy", word[len(word)-3]) < 0:
	case strings.HasSuffix(word, "e") && strings.IndexByte("aeiouy", word[len(word)-2]) < 0:
		n--
	case strings.HasSuffix(word, "ed") && strings.IndexByte("aeioutdy", word[len(word)-3]) < 0:
		n--
	case strings.HasSuffix(word, "es") && strings.IndexByte("aeiouyscxzh", word[len(word)-3]) < 0:
		n--
	}
	return max(n, 1)
}

// checkReadable reports texts that are hard to read: each section, its short answer with
// it, and the sheet as a whole.
func checkReadable(sheet *Sheet, faults *Faults) {
	var all strings.Builder
	all.WriteString(sheet.Intro + "\n\n")
	for i := range sheet.Sections {
		section := &sheet.Sections[i]
		text := section.Short + "\n\n" + section.Body
		all.WriteString(text + "\n\n")
		switch age, ok := ReadingAge(text); {
		case !ok:
		case age > MaxAge:
			faults.add(sheet.File, section.line, "%q has a reading age of %.0f; %d is the most", section.Heading, age, MaxAge)
		case age > TargetAge+0.5:
			faults.advise(sheet.File, section.line, "%q has a reading age of %.0f; aim at %d", section.Heading, age, TargetAge)
		}
	}
	if age, ok := ReadingAge(all.String()); ok && age > TargetAge+0.5 {
		faults.advise(sheet.File, 1, "the sheet has a reading age of %.0f; aim at %d", age, TargetAge)
	}
}
