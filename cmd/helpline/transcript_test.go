package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/channels"
	"helpline/channels/simulator"
	"helpline/dialog"
	"helpline/dialog/desk"
)

var update = flag.Bool("update", false, "write what the service says into the transcripts")

// viewOf adds what transcripts say about a conversation.
type viewOf struct{ desk.View }

// state is the line after "=".
func (v viewOf) state() string {
	holder := string(v.Conversation.Holder.Kind)
	if v.Conversation.Holder.Kind == dialog.Staff {
		holder = strings.ToLower(v.Conversation.Holder.Name)
	}
	parts := []string{"holder " + holder}
	if v.Conversation.Waiting != dialog.WaitingNone {
		parts = append(parts, "waiting "+string(v.Conversation.Waiting))
	}
	if !v.Conversation.Open() {
		parts = append(parts, "closed")
	}
	for _, c := range v.Concerns {
		if !c.Open() {
			parts = append(parts, "concern closed")
			continue
		}
		var open []string
		for _, o := range c.Obligations {
			if o.State == dialog.Open {
				open = append(open, string(o.Kind))
			}
		}
		slices.Sort(open)
		parts = append(parts, c.Level.String()+" concern, open: "+strings.Join(open, ", "))
		var facts []string
		for _, f := range [][2]string{
			{"name", c.Facts.PrisonerName}, {"prison", string(c.Prison)}, {"number", c.Facts.PrisonNumber}, {"born", c.Facts.DateOfBirth}, {"call", c.Facts.CallSafe},
		} {
			if f[1] != "" {
				facts = append(facts, f[0]+" "+f[1])
			}
		}
		if len(facts) > 0 {
			parts = append(parts, strings.Join(facts, ", "))
		}
		if n := len(c.About); n > 0 {
			parts = append(parts, fmt.Sprintf("%d more about the same person", n))
		}
	}
	pending := 0
	for _, l := range v.Outbox {
		if l.State == dialog.OutboxQueued || l.State == dialog.OutboxSending || l.State == dialog.OutboxUncertain {
			pending++
		}
	}
	if pending > 0 {
		parts = append(parts, fmt.Sprintf("outbox %d", pending))
	}
	return strings.Join(parts, " · ")
}

// transcript plays one file against a world of its own.
type transcript struct {
	w      *world
	t      *testing.T
	medium dialog.Medium
	from   dialog.Address
	line   dialog.LineID
	said   map[dialog.Address]int   // messages on a handset that were written down
	seen   map[dialog.Address]int64 // events that were written down
	count  int
	told   map[string]int // by staff's handset: what was written down
	out    strings.Builder

	writer *writer               // hears what is said on the telephone
	phoned *simulator.Call       // the call under way
	call   dialog.ConversationID // what it became
}

func (p *transcript) write(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *transcript) head(line string) {
	fields := strings.Fields(line)
	for i := 0; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "line":
			p.medium = dialog.Medium(fields[i+1])
		case "clock":
			at, err := time.Parse("2006-01-02T15:04Z", fields[i+1])
			if err != nil {
				p.t.Fatal(err)
			}
			p.w.turn(at.Sub(p.w.now()))
		case "from":
			if p.from.Value = fields[i+1]; p.from.Value == "withheld" {
				p.from.Value = ""
			}
		case "teams": // in testdata/teams.yaml
		case "alerts": // who is told is in alert_test.go
			p.told = map[string]int{}
		default:
			p.t.Fatalf("what is %q?", fields[i])
		}
	}
	p.from.Medium = p.medium
	p.line = map[dialog.Medium]dialog.LineID{dialog.SMS: smsLine, dialog.Webchat: chatLine, dialog.Voice: voiceLine}[p.medium]
	if p.line == "" {
		p.t.Fatalf("no line for %q", p.medium)
	}
}

func (p *transcript) person(words string) {
	p.count++
	if p.medium == dialog.Voice {
		p.rings(words)
		return
	}
	if p.medium == dialog.SMS {
		p.w.text(p.from.Value, words)
	} else {
		private(words)
		if _, err := p.w.desk.Receive(p.t.Context(), dialog.Inbound{
			Kind: dialog.InText, Line: p.line, Medium: p.medium, From: p.from, ProviderID: fmt.Sprint("m", p.count), Text: words,
		}); err != nil {
			p.t.Fatal(err)
		}
	}
	p.heard()
}

// heard writes down what the service thought and said since the last look.
func (p *transcript) heard() {
	c := p.conversation()
	v := p.w.view(c.ID)
	for _, e := range v.Events {
		if e.Seq <= p.seen[p.from] {
			continue
		}
		p.seen[p.from] = e.Seq
		switch e.Kind {
		case dialog.Assessed:
			var d dialog.AssessedData
			p.decode(e, &d)
			p.write("! %s", thought(d.Assessment))
		case dialog.Raised:
			var d dialog.RaisedData
			p.decode(e, &d)
			where := "an unknown prison"
			if prison, ok := p.w.register.Get(v.Conversation.Prison); ok {
				where = prison.ShortName
			}
			p.write("! concern: %s, for %s", d.Level, where)
		case dialog.SaidBot, dialog.Told:
			if p.medium != dialog.SMS {
				p.write("< %s", p.show(e))
			}
		case dialog.Routed:
			var d dialog.RoutedData
			p.decode(e, &d)
			p.write("! goes to the team %s (%s)", d.Name, d.Why)
		case dialog.Promised:
			var d dialog.PromisedData
			p.decode(e, &d)
			p.write("! %s pressed 1; the next step is put off: %v", d.To, d.PutOff)
		case dialog.Recorded:
			p.write("! recorded, for people to listen to")
		case dialog.Transcribed:
			p.write("! automatic draft: %q", e.Text)
		case dialog.Unanswered:
			p.write("! no reply: %s", e.Text)
		case dialog.Withdrawn:
			p.write("! withdrawn: lines of the bot that were not sent")
		case dialog.StoppedTexts, dialog.WantsTexts:
			p.write("! %s", e.Kind)
		default:
		}
	}
	if p.medium != dialog.SMS {
		return
	}
	inbox := p.w.network.Inbox(p.from.Value)
	for _, m := range inbox[p.said[p.from]:] {
		encoding, _, segments := channels.Cost(m.Body)
		p.write("< %s", p.mask(strings.ReplaceAll(m.Body, "\n", "\n  | ")))
		if fmt.Sprint(encoding) != "GSM-7" || segments > 1 {
			p.write("! %d segments, %v", segments, encoding)
		}
	}
	p.said[p.from] = len(inbox)
}

func (p *transcript) decode(e dialog.Event, into any) {
	if err := json.Unmarshal(e.Data, into); err != nil {
		p.t.Fatal(err)
	}
}

// show is a chat line with what a client shows beside it.
func (p *transcript) show(e dialog.Event) string {
	var d dialog.LineData
	if len(e.Data) > 0 {
		p.decode(e, &d)
	}
	s := strings.ReplaceAll(e.Text, "\n", "\n  | ")
	for _, src := range d.Sources {
		s += fmt.Sprintf("\n  | [%s, %s]", src.Title, src.Link)
	}
	if len(d.Choices) > 0 {
		s += "\n  | (" + strings.Join(d.Choices, ") (") + ")"
	}
	return p.maskRef(p.mask(s))
}

// mask hides the port that a test happens to listen on.
func (p *transcript) mask(s string) string {
	return strings.ReplaceAll(s, p.w.url, "http://helpline.example")
}

func thought(a dialog.Assessment) string {
	parts := []string{a.Level.String()}
	for _, c := range a.Categories {
		parts = append(parts, string(c))
	}
	if a.Who != "" && a.Who != dialog.WhoNone {
		parts = append(parts, "who="+string(a.Who))
	}
	if a.Language != "en" && a.Language != "" {
		parts = append(parts, "language="+a.Language)
	}
	if a.Review {
		parts = append(parts, "(to be read)")
	}
	var saw []string
	for _, e := range a.Evidence {
		saw = append(saw, fmt.Sprintf("%s %q", e.Sign, e.Text))
	}
	s := strings.Join(parts, " ")
	if len(saw) > 0 {
		s += " · saw " + strings.Join(saw, ", ")
	}
	return s
}

// staff plays a line after "@".
func (p *transcript) staff(words string) {
	name, act, _ := strings.Cut(words, " ")
	worker, ok := p.w.workers[strings.TrimSuffix(name, ":")]
	if !ok {
		p.t.Fatalf("who is %q?", name)
	}
	id := p.conversation().ID
	ctx, d := p.t.Context(), p.w.desk
	var err error
	concern := func() dialog.ConcernID {
		v := p.w.view(id)
		if len(v.Concerns) == 0 {
			p.t.Fatal("there is no concern")
		}
		return v.Concerns[0].ID
	}
	verb, rest, _ := strings.Cut(act, ": ")
	handle, handles := handling(verb, rest)
	switch {
	case handles:
		err = d.SetHandling(ctx, worker, concern(), handle)
	case act == "may tell":
		p.mayTell(id)
	case act == "looks beside it":
		p.beside(id)
	case strings.HasPrefix(act, "sets the level to "):
		var level dialog.Level
		if err = level.UnmarshalText([]byte(strings.TrimPrefix(act, "sets the level to "))); err == nil {
			err = d.SetConcern(ctx, worker, concern(), desk.ConcernChange{Level: &level})
		}
	case strings.HasSuffix(name, ":"):
		_, err = d.Say(ctx, worker, id, act, "")
	case act == "looks at the list":
		p.looks(worker, id)
	case act == "takes over":
		err = d.TakeOver(ctx, worker, id)
	case act == "hands back":
		err = d.HandBack(ctx, worker, id)
	case act == "has read it":
		err = d.Reviewed(ctx, worker, id)
	case act == "listens to the message":
		err = d.Listened(ctx, worker, p.w.recordingOf(id).ID)
	case verb == "notes":
		err = d.Note(ctx, worker, id, rest)
	case verb == "closes the concern":
		err = d.CloseConcern(ctx, worker, concern(), rest)
	case strings.HasPrefix(verb, "does "):
		err = d.Meet(ctx, worker, concern(), dialog.ObligationKind(strings.TrimPrefix(verb, "does ")), rest)
	case strings.HasPrefix(verb, "excuses "):
		err = d.Excuse(ctx, worker, concern(), dialog.ObligationKind(strings.TrimPrefix(verb, "excuses ")), rest)
	default:
		p.t.Fatalf("what does %q mean?", words)
	}
	if err != nil {
		var held *desk.HeldError
		if errors.As(err, &held) {
			p.write("! refused: %s has it", strings.ToLower(held.By))
		} else {
			p.write("! refused: %v", because(err))
		}
	}
	if p.medium == dialog.SMS {
		p.w.settle(p.from)
	}
	p.heard()
}

// because is the innermost cause of an error.
func because(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// handling reads what a worker writes down: "spoke to him: asked about Friday".
func handling(verb, note string) (desk.HandlingChange, bool) {
	yes, no := true, false
	given, refused, none, possible := dialog.ConsentGiven, dialog.ConsentRefused, dialog.HarmNone, dialog.HarmPossible
	change, ok := map[string]desk.HandlingChange{
		"spoke to him":                   {SpokenTo: &yes, SpokenToNote: &note},
		"did not speak to him":           {SpokenTo: &no, SpokenToNote: &note},
		"told him who raised it":         {ToldOfCaller: &yes, ToldOfCallerNote: &note},
		"did not tell him who raised it": {ToldOfCaller: &no, ToldOfCallerNote: &note},
		"has his consent":                {Consent: &given, ConsentCopy: &note},
		"was refused his consent":        {Consent: &refused, ConsentCopy: &note},
		"fears no harm from an answer":   {Harm: &none, HarmNote: &note},
		"fears harm from an answer":      {Harm: &possible, HarmNote: &note},
	}[verb]
	return change, ok
}

// mayTell writes down which texts a worker is offered.
func (p *transcript) mayTell(id dialog.ConversationID) {
	offers := p.w.view(id).Concerns[0].Offers
	if len(offers) == 0 {
		p.write("! nothing is offered yet")
	}
	for _, o := range offers {
		p.write("! may be told: %s", o.Text)
	}
}

// beside writes down what a worker sees of the others about the same person.
func (p *transcript) beside(id dialog.ConversationID) {
	c := p.w.view(id).Concerns[0]
	for _, r := range c.About {
		for _, w := range r.Words {
			p.write("! about the same person (%s, %s): %q", r.Level, r.Medium, w.Text)
		}
	}
	for _, r := range c.Suggested {
		p.write("! perhaps the same person: the same %s", r.Why)
	}
}

// staffPhones are whose handsets "%" switches off and on.
var staffPhones = []struct{ name, number string }{
	{"team", teamPhone}, {"duty manager", managerPhone}, {"fallback", fallbackPhone},
	{"stoke heath's team", stokePhone}, {"stoke heath's duty manager", stokeManagerPhone}, {"stoke heath's fallback", stokeFallbackPhone},
}

// looks writes down whether a worker has the conversation on their list.
func (p *transcript) looks(worker dialog.Worker, id dialog.ConversationID) {
	q, err := p.w.desk.Queue(p.t.Context(), worker, dialog.QueueFilter{})
	if err != nil {
		p.t.Fatal(err)
	}
	if slices.ContainsFunc(q, func(e dialog.QueueEntry) bool { return e.Conversation.ID == id }) {
		p.write("! it is there")
	} else {
		p.write("! it is not there")
	}
}

// phone plays a line after "%": "duty manager's phone is off", "duty manager presses 1".
func (p *transcript) phone(words string) {
	if who, presses := strings.CutSuffix(words, " presses 1"); presses {
		for _, s := range staffPhones {
			if s.name == who {
				p.w.network.Press(s.number, "1")
				return
			}
		}
	}
	who, state, _ := strings.Cut(words, "'s phone is ")
	for _, s := range staffPhones {
		if s.name == who && (state == "off" || state == "on") {
			p.w.network.SwitchOff(s.number, state == "off")
			return
		}
	}
	p.t.Fatalf("what does %q mean?", words)
}

// staffTold writes down what staff were told since the last look, and what
// could not be told them.
func (p *transcript) staffTold() {
	if p.told == nil {
		return
	}
	c := p.conversation()
	p.w.eventually("the network to say what became of every notice", func() bool {
		p.w.watched(c.ID)
		return len(p.w.notices(c.ID, dialog.NoticeQueued, dialog.NoticeSending, dialog.NoticeSent)) == 0 && len(p.w.dueNow()) == 0
	})
	for _, e := range p.w.alarmedEvents(c.ID) {
		var d dialog.AlarmedData
		if p.decode(e, &d); e.Seq > p.seen[p.from] && d.State == dialog.NoticeFailed {
			p.write("! %s could not be told by %s (%s)", d.To, d.Way, d.Code)
		}
	}
	for _, s := range staffPhones {
		all := p.w.toldTo(s.number)
		for _, words := range all[p.told[s.number]:] {
			words = strings.ReplaceAll(words, string(c.ID), "…")
			for _, ref := range []string{c.Ref, strings.Join(strings.Split(c.Ref, ""), ", ")} {
				words = strings.ReplaceAll(words, ref, "1234567")
			}
			p.write("! %s is told: %s", s.name, p.mask(words))
		}
		p.told[s.number] = len(all)
	}
	p.heard()
}

func (p *transcript) play(text string) string {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		mark, words, _ := strings.Cut(line, " ")
		switch mark {
		case "<", "!", "":
			continue // written by the service
		case "=":
			p.write("= %s", p.w.view(p.conversation().ID).state())
			continue
		}
		if strings.HasPrefix(line, "  |") {
			continue
		}
		p.write("%s", line)
		switch mark {
		case "#":
		case "line":
			p.head(line)
		case ">":
			p.person(words)
			p.staffTold()
		case "@":
			p.staff(words)
		case "~":
			d, err := time.ParseDuration(words)
			if err != nil {
				p.t.Fatal(err)
			}
			p.w.turn(d)
			p.staffTold()
		case "%":
			p.phone(words)
		default:
			p.t.Fatalf("cannot read %q", line)
		}
	}
	return p.out.String()
}

func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.transcript")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".transcript"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var changes []func(*config)
			if strings.Contains(string(text), " alerts on") {
				changes = append(changes, onCall)
			}
			divided := strings.Contains(string(text), " teams on\n")
			if divided {
				changes = append(changes, func(c *config) { c.Teams = transcriptTeams(t) })
			}
			var hears *writer
			if strings.Contains(string(text), "line voice ") {
				hears = newWriter(t)
				changes = append(changes, func(c *config) { c.SpeechURL = hears.url })
			}
			w := newWorld(t, func(c *config) {
				for _, change := range changes {
					change(c)
				}
			})
			if divided {
				w.hire("Tia", "triage")
				w.hire("Stan", "stoke-heath")
			}
			p := &transcript{writer: hears, w: w, t: t, said: map[dialog.Address]int{}, seen: map[dialog.Address]int64{}, from: dialog.Address{Value: "+447700900123"}}
			got := p.play(string(text))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("the conversation went another way (-want +got):\n%s", diff)
			}
		})
	}
}
