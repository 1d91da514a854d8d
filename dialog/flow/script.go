package flow

import (
	"encoding/json"
	"fmt"

	"helpline/dialog"
)

// Texts is where the words come from: content/texts.
type Texts interface {
	Say(key string, m dialog.Medium, params ...string) string
}

// Question is what the library is asked.
type Question struct {
	Text         string
	History      []string
	Prison       dialog.PrisonID
	Jurisdiction dialog.Jurisdiction
	Slug, Anchor string // what was answered last, for follow-ups
}

// Kind is what the library found.
type Kind string

// The kinds of finding.
const (
	KindAnswer       Kind = "answer"
	KindChoices      Kind = "choices"
	KindWhichCountry Kind = "which_country"
	KindUnknown      Kind = "unknown"
	KindOffTopic     Kind = "off_topic"
	KindSmallTalk    Kind = "smalltalk"
	KindThanks       Kind = "thanks"
	KindPerson       Kind = "person"
)

// Answer is one section of a sheet.
type Answer struct {
	Slug, Anchor string
	Title        string
	Number       string
	Heading      string
	Short        string
	Link         string
	Jurisdiction dialog.Jurisdiction // Unknown: holds everywhere
	Marked       bool                // say whose rules these are: the country is not known
	Published    string
	Score        float64
}

// Found is the library's answer to a question, best first.
type Found struct {
	Kind     Kind
	Answers  []Answer
	Contacts []Contact // who may know what the library does not
	Version  string
}

// Contact is an organisation that may know.
type Contact struct {
	Name, Reach  string              // Reach: a number or an address
	Jurisdiction dialog.Jurisdiction // Unknown: everywhere
}

// Place is a prison named in what was said.
type Place struct {
	Prison    dialog.Prison
	Ambiguous bool // the word is also something else: a town, a surname
}

// Env is everything outside that a step may ask.
type Env struct {
	Texts     Texts
	Abilities dialog.Abilities
	Medium    dialog.Medium
	Find      func(Question) Found
	// Body is a section's whole text, plain, for MORE.
	Body func(slug, anchor string) (Answer, string, bool)
	// Prison looks an establishment up.
	Prison func(dialog.PrisonID) (dialog.Prison, bool)
	// Country reads a country out of what was said ("in Scotland").
	Country func(text string) dialog.Jurisdiction
	// Fit cuts a text into pieces of at most so many text-message segments;
	// a medium without segments gets one piece.
	Fit func(text string, segments int) []string
	// Away says of the team that serves a prison whether nobody is at its desk.
	// nil: somebody always is.
	Away func(dialog.PrisonID) Away
}

// Input is one message from the person.
type Input struct {
	Text       string // without the keyword
	Alone      bool   // the keyword and nothing else
	More       bool   // asked for more of the last answer
	Places     []Place
	History    []string
	Assessment dialog.Assessment
	Concern    dialog.Concern // the open one; ID empty: none
	Address    dialog.Address // to ask whether it is safe to ring
}

// State is what a conversation remembers between turns. It is written to the
// database and read back before every step.
type State struct {
	Slug    string       `json:"slug,omitempty"` // answered last
	Anchor  string       `json:"anchor,omitempty"`
	Part    int          `json:"part,omitempty"`    // parts of it said, for MORE
	Waits   string       `json:"waits,omitempty"`   // a question that waits for the country, until the next message
	Either  []CountryRef `json:"either,omitempty"`  // what answers it in each country
	Country bool         `json:"country,omitempty"` // the country was asked for once
	Choices []Ref        `json:"choices,omitempty"`
	Pending Ask          `json:"pending,omitempty"` // the fact asked for last
	Asked   []Ask        `json:"asked,omitempty"`
	Alarmed dialog.Level `json:"alarmed,omitempty"` // highest level that was answered
	// Told is the highest level whose words were said about whoever is at risk:
	// who writes of his own despair after a worry about somebody else is told
	// where he can turn himself.
	Told      map[string]dialog.Level `json:"told,omitempty"`
	Facts     dialog.Facts            `json:"facts"`
	PrisonSet bool                    `json:"prison_set,omitempty"` // by a worker: nothing said in passing changes it
	Queued    bool                    `json:"queued,omitempty"`     // told that a person will read this
	Wished    bool                    `json:"wished,omitempty"`     // told that what they asked about who may learn of it is not promised
	Langs     map[string]bool         `json:"langs,omitempty"`      // languages already answered for
}

// Ref points at a section.
type Ref struct {
	Slug    string `json:"slug"`
	Anchor  string `json:"anchor"`
	Heading string `json:"heading"`
}

// CountryRef points at the section that answers in one country.
type CountryRef struct {
	Ref
	Jurisdiction dialog.Jurisdiction `json:"jurisdiction"`
}

// Line is one thing the bot says.
type Line struct {
	Text string
	Data dialog.LineData
}

// Turn is the outcome of a step.
type Turn struct {
	Lines        []Line
	State        State
	Waiting      dialog.Waiting // why a person should look; empty: nothing new
	HandOver     bool           // to the queue: the bot only acknowledges from here
	Facts        dialog.Facts
	Prison       dialog.PrisonID
	Jurisdiction dialog.Jurisdiction
	Answered     *dialog.AnsweredData
	// Silent is why nothing is said, where nothing is.
	Silent string
}

// ReadState decodes a stored state; an empty one is the beginning.
func ReadState(raw []byte) (State, error) {
	var s State
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return State{}, fmt.Errorf("read the state of a conversation: %w", err)
	}
	return s, nil
}

// Keys are the texts that Step uses. A library of texts without one of them
// does not start.
func Keys() []string {
	keys := []string{
		"how_to_use", "greeting", "thanks", "unknown", "unknown.plain", "unknown.contact", "off_topic", "person", "person.still", "more.none", "more.end",
		"which_country", "which_country.again", "choices", "answer.source", "answer.link", "answer.marked", "answer.more",
		"language", "review",
		"risk.added", "risk.done", "risk.withheld", "risk.second", "risk.taken_back", "route.child", "wish.noted",
		"jurisdiction.scotland", "jurisdiction.england-wales", "jurisdiction.northern-ireland",
		"ask.name", "ask.prison", "ask.number", "ask.happened", "ask.callback", "ask.callback.number",
	}
	for _, level := range []string{"immediate", "urgent", "concern"} {
		for _, who := range []string{"prisoner", "caller", "child"} {
			keys = append(keys, "risk."+level+"."+who)
		}
	}
	for _, route := range []string{"now", "later"} {
		for _, place := range []string{"numbers", "england-wales", "scotland", "northern-ireland", "unknown"} {
			keys = append(keys, "route."+route+"."+place)
		}
	}
	return append(keys, awayKeys()...)
}
