package main

import "strings"

// The conversations that the load is made of. {p} is a prison. What a helpline
// hears is questions for the most part, then more of the same answer, then a
// worry; nothing here is taken from anybody's messages.

var prisonsNamed = []string{
	"Barlinnie", "Low Moss", "Polmont", "Glenochil", "Shotts", "Addiewell", "Grampian", "Stoke Heath", "Wandsworth", "Leeds", "Durham", "Brixton",
}

// questions stand alone.
var questions = []string{
	"what is a case conference at {p}",
	"how do I book a visit in {p}",
	"can I get help with the bus fare to visit my son in {p}",
	"how do i send money to someone in {p}",
	"what is ACCT, they said he's on one in {p}",
	"what id do i need for a visit at {p}",
	"can kids visit their dad in {p}",
	"how do I write to my brother in {p}, can I send photos",
	"what happens at the family induction at {p}",
	"can my sister in {p} have her own trainers",
	"when does the health team see a new prisoner in {p}",
	"what happens the week before release from {p}",
	"he owes money to other lads in {p}, who can i ask about it",
	"how do I stop my ex in {p} from phoning me",
	"my dad doesnt get any visitors in {p} what can he do",
	"what is ICM, my son mentioned it from {p}",
	"who do i ring if i am worried about someone in {p}",
	"my partner is from Poland, could she be deported from {p}",
	"she was in care before {p}, is there extra support for her",
	"how often can he phone home from {p}",
}

// talks are conversations of several messages.
var talks = [][]string{
	{"what is a case conference at {p}", "MORE", "who goes to it"},
	{"how do i book a visit at {p}", "MORE", "how many people can come"},
	{"can i get travel costs for {p}", "and for the kids as well?"},
	{"what is acct in {p}", "MORE", "MORE", "can I come to the meeting"},
	{"whats icm at {p}", "when does it happen", "can i say something there"},
	{"how can he keep in touch from {p}", "and email?", "thanks"},
}

// worries reach people; what follows answers the questions that come back.
var worries = [][]string{
	{"he's given his trainers away and said bye to the kids, he's in {p}", "his name is Jamie Muir", "I dont know his number", "he said it on the phone last night"},
	{"my son in {p} says he cant go on any more", "Lewis Boyd", "yes you can ring me on this"},
	{"my husband in {p} is being battered for his canteen"},
	{"she has stopped eating and wont come to visits, {p}", "Kirsty Lamb"},
}

// script is what one sender says, message by message.
type script struct {
	texts []string
	worry bool
}

// scripts returns so many different conversations of the mix: of ten, six
// single questions, three longer talks and one worry. They differ in their
// words and prisons until those are used up.
func scripts(n int) []script {
	out := make([]script, 0, n)
	for i := range n {
		prison := prisonsNamed[(i*5+i/len(prisonsNamed))%len(prisonsNamed)]
		k := i / 10
		var s script
		switch i % 10 {
		case 3, 5, 8:
			s.texts = talks[(k*3+i%10/3)%len(talks)]
		case 9:
			s.texts, s.worry = worries[k%len(worries)], true
		default:
			s.texts = []string{questions[(k*7+i)%len(questions)]}
		}
		filled := make([]string, len(s.texts))
		for j, t := range s.texts {
			filled[j] = strings.ReplaceAll(t, "{p}", prison)
		}
		s.texts = filled
		out = append(out, s)
	}
	return out
}
