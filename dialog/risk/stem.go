package risk

import "strings"

// stem brings the forms of a word together: "gave", "given" and "giving"
// become "give". It is cautious: words of up to four letters stay as they are
// unless they are listed, because short words differ by one letter.
func (n *normaliser) stem(w string) string {
	if base, ok := n.irregular[w]; ok {
		return suffix(base)
	}
	return suffix(w)
}

func suffix(w string) string {
	l := len(w)
	switch {
	case l > 5 && strings.HasSuffix(w, "ies"):
		return w[:l-3] + "y"
	case l > 5 && strings.HasSuffix(w, "ied"):
		return w[:l-3] + "y"
	case l > 5 && strings.HasSuffix(w, "ing"):
		return undo(w[:l-3])
	case l > 4 && strings.HasSuffix(w, "ed"):
		return undo(w[:l-2])
	case l > 5 && (strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "ches") || strings.HasSuffix(w, "xes")):
		return w[:l-2]
	case l > 3 && w[l-1] == 's' && w[l-2] != 's' && w[l-2] != 'u' && w[l-2] != 'i':
		return undrop(w[:l-1])
	}
	return undrop(w)
}

// undouble: "stabb" -> "stab", "hop(e)" stays without its e.
func undouble(w string) string {
	l := len(w)
	if l > 3 && w[l-1] == w[l-2] && w[l-1] != 'l' && w[l-1] != 's' && w[l-1] != 'e' {
		return w[:l-1]
	}
	return undrop(w)
}

// undo takes the ending off a verb. "com(ing)" and "tak(ing)" get their e
// back: without it the last letter would have been doubled.
func undo(w string) string {
	if len(w) == 3 && !vowel(w[0]) && vowel(w[1]) && !vowel(w[2]) && w[2] != 'w' && w[2] != 'x' && w[2] != 'y' {
		return w + "e"
	}
	return undouble(w)
}

func vowel(c byte) bool { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' }

// undrop takes a silent e away, so that "refuse" and "refus(ing)" meet.
func undrop(w string) string {
	if l := len(w); l > 4 && w[l-1] == 'e' {
		return w[:l-1]
	}
	return w
}
