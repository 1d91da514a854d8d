package knowledge

// Country is the country that a text names, by its own name or by that of a
// prison; empty when it names none.
func (l *Library) Country(text string) Jurisdiction {
	found, _ := l.findPlace(splitWords(nil, text))
	return found.country
}
