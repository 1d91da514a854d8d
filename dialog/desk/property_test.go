package desk_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"helpline/dialog"
	"helpline/dialog/desk"
	"helpline/dialog/flow"
)

// utterances are what people write in the generated conversations.
var utterances = []string{
	"hello", "thanks", "ok", "famout", "more", "2", "yes", "no", "not sure", "?", "[image/jpeg]", "\u202e", "а он в тюрьме?",
	"when can i visit him", "how do i send money to leeds", "who do i ring if i am worried", "barlinnie", "england", "stoke heath",
	"can i speak to a real person", "PERSON", "Jordan Price", "A1234BC", "12/03/1999", "07700 900123 after six",
	"he says he is going to hang himself tonight", "hes given his trainers away and said bye to the kids", "i cant go on, i want to die",
	"he owes them money and they will stab him on the wing", "he has stopped eating", "i am worried about my little girl when he gets out",
	"it is all fine now, he rang", "stop", "STOP ALL", "start", "please stop them moving him", strings.Repeat("long words ", 300),
}

// life is one generated history of a house: people and workers who act as they
// please.
type life struct {
	*house
	r     *rand.Rand
	log   []string
	convs map[dialog.ConversationID]bool
	marks map[dialog.ConversationID]map[string]bool // words that nobody said elsewhere
	calls int
}

func (l *life) fail(format string, args ...any) {
	l.t.Helper()
	l.t.Fatalf("%s\nafter:\n  %s", fmt.Sprintf(format, args...), strings.Join(l.log, "\n  "))
}

func (l *life) note(format string, args ...any) { l.log = append(l.log, fmt.Sprintf(format, args...)) }

func (l *life) inbound() {
	l.count++
	in := dialog.Inbound{Kind: dialog.InText, ProviderID: fmt.Sprint("m", l.count), Text: utterances[l.r.IntN(len(utterances))]}
	switch who := l.r.IntN(6); {
	case who < 3:
		in.Line, in.Medium, in.From = sms, dialog.SMS, number(who)
	case who < 5:
		in.Line, in.Medium, in.From = chat, dialog.Webchat, dialog.Address{Medium: dialog.Webchat, Value: fmt.Sprint("visitor", who)}
	default:
		in.Line, in.Medium, in.From = voice, dialog.Voice, dialog.Address{Medium: dialog.Voice, Value: []string{"", "+447700900177"}[l.r.IntN(2)]}
		in.Kind, in.Text = dialog.InCall, ""
		if l.r.IntN(2) == 0 && l.calls > 0 {
			in.Kind = dialog.InRecording
			in.Media = []dialog.Media{{ProviderID: in.ProviderID, URL: "https://api.example/" + in.ProviderID}}
		} else {
			l.calls++
		}
		in.CallID = fmt.Sprint("CA", l.calls)
	}
	mark := ""
	if in.Text != "" && !strings.EqualFold(in.Text, "stop") && l.r.IntN(3) == 0 {
		// A word of their own, which may end up in the facts and must not come out elsewhere.
		mark = fmt.Sprintf("quill%dx", l.count)
		in.Text += " " + mark
	}
	l.note("%s %d: %s %.40q", in.Medium, l.count, in.Kind, in.Text)
	got, err := l.Receive(l.t.Context(), in)
	if err != nil {
		l.fail("not accepted: %v", err)
	}
	l.convs[got.Conversation] = true
	if mark != "" {
		if l.marks[got.Conversation] == nil {
			l.marks[got.Conversation] = map[string]bool{}
		}
		l.marks[got.Conversation][mark] = true
	}
	again, err := l.Receive(l.t.Context(), in)
	if err != nil || !again.Duplicate || again.Conversation != got.Conversation || len(again.Lines) != len(got.Lines) {
		l.fail("brought again: %+v, %v", again, err)
	}
	if len(got.Lines) > 0 {
		return
	}
	v := l.view(got.Conversation)
	if v.Conversation.Holder.Kind == dialog.Staff && v.Conversation.Waiting != dialog.WaitingNone && v.Conversation.AnsweredSeq < got.Seq {
		return
	}
	for _, e := range v.Events {
		if e.Seq > got.Seq && e.Kind == dialog.Unanswered && e.Text != "" {
			return
		}
	}
	l.fail("neither a reply nor a reason")
}

// worker lets somebody act on some conversation. What is refused is refused
// for a reason that callers can decide on.
func (l *life) worker() {
	if len(l.convs) == 0 {
		return
	}
	var ids []dialog.ConversationID
	q, err := l.Queue(l.t.Context(), sam, dialog.QueueFilter{})
	l.must(err)
	for _, e := range q {
		ids = append(ids, e.Conversation.ID)
	}
	if len(ids) == 0 {
		return
	}
	id := ids[l.r.IntN(len(ids))]
	w := []dialog.Worker{sam, shirin, morag}[l.r.IntN(3)]
	v := l.view(id)
	ctx := l.t.Context()
	var open *desk.ConcernView
	if len(v.Concerns) > 0 && v.Concerns[0].Open() {
		open = &v.Concerns[0]
	}
	var act string
	switch n := l.r.IntN(18); {
	case n == 17 && open != nil:
		act, err = l.handles(w, open)
	case n == 16 && open != nil:
		act, err = l.joins(w, open, v)
	case n == 15 && open != nil:
		o := open.Obligations[l.r.IntN(len(open.Obligations))]
		act, err = "meets "+string(o.Kind), l.Meet(ctx, w, open.ID, o.Kind, "done")
		if o.Kind == dialog.FeedBack && err == nil && !open.Handling.Answered() {
			l.fail("%s: fed back before it was asked whether that could do harm", open.Ref)
		}

	case n < 2:
		act, err = "takes over", l.TakeOver(ctx, w, id)
	case n < 5:
		act = "says"
		_, err = l.Say(ctx, w, id, "This is "+w.Name+".", fmt.Sprint("c", len(l.log)))
	case n == 5:
		act, err = "hands back", l.HandBack(ctx, w, id)
	case n == 6:
		act, err = "has read", l.Reviewed(ctx, w, id)
	case n == 7:
		act, err = "closes", l.CloseConversation(ctx, w, id)
	case n == 8:
		act, err = "leaves", l.Leave(ctx, id)
	case n == 9 && len(v.Recordings) > 0:
		rec := v.Recordings[l.r.IntN(len(v.Recordings))].ID
		l.must(l.FetchRecording(ctx, rec))
		l.must(l.Desk.Transcribe(ctx, rec))
		act, err = "listens", l.Listened(ctx, w, rec)
	case n == 10 && open == nil:
		act, err = "raises", l.RaiseConcern(ctx, w, id, dialog.LevelUrgent, nil, "heard it")
	case n == 10:
		level := dialog.Level(l.r.IntN(4))
		act, err = "sets "+level.String(), l.SetConcern(ctx, w, open.ID, desk.ConcernChange{Level: &level})
	case n >= 11 && open != nil:
		spoken, harm := true, dialog.HarmNone
		change := desk.HandlingChange{SpokenTo: &spoken}
		if !open.Handling.Answered() {
			change.Harm = &harm
		}
		l.must(l.SetHandling(ctx, w, open.ID, change))
		for _, o := range open.Obligations {
			if o.State == dialog.Open && (o.Kind != dialog.Listen) {
				l.must(l.Meet(ctx, w, open.ID, o.Kind, "done"))
			}
		}
		act, err = "closes the concern", l.CloseConcern(ctx, w, open.ID, "seen")
	default:
		return
	}
	l.note("%s %s: %v", w.Name, act, err)
	var invalid *dialog.InvalidError
	for _, known := range []error{nil, dialog.ErrHeld, dialog.ErrNotHolder, dialog.ErrOpen, dialog.ErrOptedOut, dialog.ErrNoAddress} {
		if errors.Is(err, known) {
			return
		}
	}
	if !errors.As(err, &invalid) {
		l.fail("%v", err)
	}
}

// handles lets somebody write down an answer, or change their mind.
func (l *life) handles(w dialog.Worker, k *desk.ConcernView) (string, error) {
	yes, consent := l.r.IntN(2) == 0, []dialog.Consent{dialog.ConsentNotAsked, dialog.ConsentGiven, dialog.ConsentRefused}[l.r.IntN(3)]
	harm, note := []dialog.Harm{dialog.HarmNone, dialog.HarmPossible, dialog.HarmPossible}[l.r.IntN(3)], []string{"", "an order"}[l.r.IntN(2)]
	change := []desk.HandlingChange{
		{SpokenTo: &yes}, {ToldOfCaller: &yes, ToldOfCallerNote: &note}, {Consent: &consent}, {Harm: &harm, HarmNote: &note}, {ConsentCopy: &note},
	}[l.r.IntN(5)]
	return "writes down", l.SetHandling(l.t.Context(), w, k.ID, change)
}

// joins lets somebody take two concerns for one man's, or apart again.
func (l *life) joins(w dialog.Worker, k *desk.ConcernView, v desk.View) (string, error) {
	if len(k.About) > 0 && l.r.IntN(3) == 0 {
		return "takes apart", l.Unlink(l.t.Context(), w, k.About[0].ID)
	}
	if len(k.Suggested) > 0 {
		return "joins what was suggested", l.Link(l.t.Context(), w, k.ID, k.Suggested[0].ID)
	}
	for _, id := range slices.Sorted(maps.Keys(l.convs)) {
		if others := l.view(id).Concerns; id != v.Conversation.ID && len(others) > 0 {
			return "joins", l.Link(l.t.Context(), w, k.ID, others[0].ID)
		}
	}
	return "joins nobody", nil
}

// apart holds what must be so of every concern, whatever staff did to it.
func (l *life) apart(v desk.View, k desk.ConcernView) {
	met := false
	for _, o := range k.Obligations {
		met = met || o.Kind == dialog.FeedBack && o.State == dialog.Met
	}
	if met && !k.Handling.Answered() {
		l.fail("%s: fed back, and nobody was asked whether that could do harm", k.Ref)
	}
	for _, o := range k.Offers {
		if !k.Handling.Answered() || o.Personal && !k.Handling.MayTell() {
			l.fail("%s: %s is offered, with %+v", k.Ref, o.Key, k.Handling)
		}
		if strings.Contains(o.Text, "quill") {
			l.fail("%s: what is offered repeats somebody's words: %q", k.Ref, o.Text)
		}
	}
	for _, other := range k.About {
		if other.Prisoner == "" || other.Prisoner != k.Prisoner || other.Conversation == v.Conversation.ID {
			l.fail("%s stands beside %s, which is about somebody else", other.Ref, k.Ref)
		}
		there := false
		for _, mine := range l.view(other.Conversation).Concerns {
			for _, back := range mine.About {
				there = there || mine.ID == other.ID && back.ID == k.ID
			}
		}
		if !there {
			l.fail("%s is beside %s, and not the other way", other.Ref, k.Ref)
		}
	}
	for _, e := range v.Events {
		if e.Kind != dialog.SaidBot && e.Kind != dialog.SaidStaff && e.Kind != dialog.Told {
			continue
		}
		for id, marks := range l.marks {
			for mark := range marks {
				if id != v.Conversation.ID && strings.Contains(e.Text+string(e.Data), mark) {
					l.fail("%s: says %q, which was said in another conversation", v.Conversation.Ref, mark)
				}
			}
		}
	}
}

func (l *life) check() {
	q, err := l.Queue(l.t.Context(), sam, dialog.QueueFilter{})
	l.must(err)
	list := map[dialog.ConversationID]dialog.QueueEntry{}
	for _, e := range q {
		list[e.Conversation.ID] = e
	}
	for id := range l.convs {
		v := l.view(id)
		c := v.Conversation
		entry, listed := list[id]
		if _, err := flow.ReadState(c.State); err != nil {
			l.fail("%s: the state cannot be read: %v", id, err)
		}
		open := 0
		for _, k := range v.Concerns {
			l.apart(v, k)
			if k.Open() {
				open++
				if !listed || entry.Concern.ID != k.ID {
					l.fail("%s: an open concern is not on the list", k.Ref)
				}
				if c.Holder.Kind != dialog.Staff && c.Waiting == dialog.WaitingNone {
					l.fail("%s: an open concern waits for nobody", k.Ref)
				}
			}
			for _, o := range k.Obligations {
				if !k.Open() && o.State == dialog.Open {
					l.fail("%s was closed over %s", k.Ref, o.Kind)
				}
			}
		}
		if open > 1 {
			l.fail("%d open concerns in one conversation", open)
		}
		if open > 0 && !c.Open() {
			l.fail("closed over an open concern")
		}
		if c.AnsweredSeq < c.LastInSeq && !listed {
			l.fail("%s: words that nobody dealt with are not on the list: %+v", c.Ref, c)
		}
		for _, r := range v.Recordings {
			if r.ListenedAt.IsZero() && !listed {
				l.fail("%s: a recording that nobody heard is not on the list", c.Ref)
			}
		}
		held, optedOut := false, false
		var worst dialog.Level
		for i, e := range v.Events {
			if e.Seq != int64(i)+1 {
				l.fail("%s: event %d has the number %d", c.Ref, i+1, e.Seq)
			}
			switch e.Kind {
			case dialog.TakenOver:
				held = true
			case dialog.HandedBack:
				held = false
			case dialog.StoppedTexts:
				optedOut = true
			case dialog.WantsTexts:
				optedOut = false
			case dialog.SaidBot:
				if held && c.Medium != dialog.Voice {
					l.fail("%s: the bot says %q beside a worker", c.Ref, e.Text)
				}
				if optedOut && !strings.HasPrefix(e.Text, "You will get no more texts") {
					l.fail("%s: said after STOP: %q", c.Ref, e.Text)
				}
			case dialog.Raised:
				worst++
			default:
			}
		}
		if c.Level > dialog.LevelNone && worst == 0 {
			l.fail("%s: at %s without a reason in the log", c.Ref, c.Level)
		}
	}
}

func TestGeneratedConversations(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := &life{house: alone(t), r: rand.New(rand.NewPCG(seed, 1)), convs: map[dialog.ConversationID]bool{}, marks: map[dialog.ConversationID]map[string]bool{}}
			for range 70 {
				switch n := l.r.IntN(10); {
				case n < 5:
					l.inbound()
				case n < 9:
					l.worker()
				default:
					d := []time.Duration{time.Minute, 20 * time.Minute, 10 * time.Hour, 100 * time.Hour}[l.r.IntN(4)]
					l.note("~ %s", d)
					l.turn(d)
					l.deliver()
				}
				l.check()
			}
		})
	}
}
