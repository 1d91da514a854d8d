// Package knowledge answers questions from a library of information sheets, and
// says so when the library has no answer.
//
// A Library is read from a content folder once and never changes: sheets, the
// contacts register they refer to, the words people use for things, and an index.
// Find is a pure function of a Query and a Library. A Shelf holds the Library that
// is in force and swaps it for another in one step, so that no question ever sees
// half of a new one.
//
// The package knows no sheet, organisation or prison by name; all of that is in
// the content folder:
//
//	sheets/*.md                 the information sheets
//	contacts/contacts.yaml      names, numbers, addresses and hours
//	synonyms/synonyms.yaml      slang, spellings, words that say nothing
//	synonyms/intents.yaml       greetings, thanks, asking for a person, off topic
//	synonyms/gaps.yaml          what people ask and the library does not answer
//	prisons/prisons.json        prisons, their names and their countries
package knowledge
