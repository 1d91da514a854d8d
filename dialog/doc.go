// Package dialog promises one vocabulary for the whole helpline: who writes,
// what is said, who holds a conversation, what is feared and what people owe
// because of it. It holds types and small rules about them, and the two
// interfaces that are the domain's own words: Store and Bus. It reads no
// clock, no network and no database.
package dialog
