package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"helpline/channels/simulator"
	"helpline/dialog"
	"helpline/dialog/desk"
)

// The staff's handsets.
const (
	teamPhone     = "+447700900900"
	managerPhone  = "+447700900901"
	fallbackPhone = "+447700900902"
	worriedPhone  = "+447700900123"
	goodbye       = "famout hes given his trainers away and said bye to the kids, hes in stoke heath"
)

func texted(numbers ...string) (to []dialog.StaffAddress) {
	for _, n := range numbers {
		to = append(to, dialog.StaffAddress{Way: dialog.WayText, Value: n})
	}
	return to
}

// onCall tells the team and the manager by text, and rings the fallback.
func onCall(c *config) {
	c.Alert = alertConfig{
		Team: texted(teamPhone), DutyManager: texted(managerPhone),
		Fallback: []dialog.StaffAddress{{Way: dialog.WayCall, Value: fallbackPhone}},
	}
}

// newAlertedWorld is one whose staff have handsets.
func newAlertedWorld(t *testing.T) *world {
	t.Helper()
	private(teamPhone, managerPhone, fallbackPhone)
	return newWorld(t, onCall)
}

// later turns the clock and has the watcher look.
func (w *world) later(d time.Duration) {
	w.t.Helper()
	w.turn(d)
	w.bus.Publish(dialog.Notice{Topic: dialog.QueueChanged})
}

// handset waits until a handset has had so many texts and calls, and returns
// the newest words.
func (w *world) handset(number string, count int) string {
	w.t.Helper()
	var all []string
	w.eventually(number[len(number)-3:]+" to be told", func() bool {
		all = w.toldTo(number)
		return len(all) >= count
	})
	if len(all) != count {
		w.t.Fatalf("told %d times, not %d:\n%s", len(all), count, strings.Join(all, "\n"))
	}
	return all[count-1]
}

// toldTo is what a handset's owner was told, by text or by call.
func (w *world) toldTo(number string) (all []string) {
	for _, m := range w.network.Inbox(number) {
		all = append(all, m.Body)
	}
	for _, c := range w.network.Rang(number) {
		if c.Status != "completed" {
			continue
		}
		all = append(all, "☎ "+c.Said[0])
	}
	return all
}

// watched waits until the watcher has nothing to do now, and says what it will
// do next for a conversation.
func (w *world) watched(id dialog.ConversationID) (due []dialog.Alarm) {
	w.t.Helper()
	w.bus.Publish(dialog.Notice{Topic: dialog.QueueChanged})
	w.eventually("the watcher to be done", func() bool {
		due = nil
		var busy []dialog.Alarm
		unwatched := 0
		var notices []dialog.StaffNotice
		w.must(w.store.Read(w.t.Context(), func(r dialog.Reader) (err error) {
			if busy, err = r.AlarmsDue(w.now(), 1); err != nil {
				return err
			}
			if notices, err = r.StaffNoticesDue(w.now().Add(time.Minute), 1); err != nil {
				return err
			}
			concerns, err := r.UnwatchedConcerns(1)
			w.must(err)
			duties := 0
			for _, kind := range []dialog.ObligationKind{dialog.Act, dialog.FeedBack, dialog.Listen} {
				overdue, err := r.UnwatchedDuties(kind, 1)
				w.must(err)
				duties += len(overdue)
			}
			recordings, err := r.UnwatchedRecordings(1)
			w.must(err)
			waits, err := r.UnwatchedWaits(1)
			w.must(err)
			unwatched = len(concerns) + len(recordings) + len(waits) + duties
			all, err := r.Alarms(id)
			for _, a := range all {
				if a.State == dialog.AlarmDue {
					due = append(due, a)
				}
			}
			return err
		}))
		return len(busy)+len(notices)+unwatched == 0
	})
	return due
}

// dueNow is what the watcher has still to raise.
func (w *world) dueNow() (due []dialog.Alarm) {
	w.must(w.store.Read(w.t.Context(), func(r dialog.Reader) (err error) {
		due, err = r.AlarmsDue(w.now(), 1)
		return err
	}))
	return due
}

func (w *world) alarmedEvents(id dialog.ConversationID) []dialog.Event {
	return w.view(id).events(dialog.Alarmed)
}

func (w *world) concernOf(id dialog.ConversationID) dialog.Concern {
	w.t.Helper()
	v := w.view(id)
	if len(v.Concerns) == 0 {
		w.t.Fatal("there is no concern")
	}
	return v.Concerns[0].Concern
}

// TestAConcernIsCarriedUntilSomebodyTakesIt: at once to the team, after five
// minutes to the duty manager, after ten to the fallback, and then to everybody
// again and again.
func TestAConcernIsCarriedUntilSomebodyTakesIt(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	concern := w.concernOf(c.ID)
	want := "Helpline: an immediate concern is waiting. Ref " + concern.Ref + ". " + w.url + "/console/conversations/" + string(c.ID)
	if got := w.handset(teamPhone, 1); got != want {
		t.Errorf("the team reads\n%s\nnot\n%s", got, want)
	}
	for _, theirs := range []string{"trainers", "kids", "Stoke", worriedPhone} {
		if strings.Contains(w.toldTo(teamPhone)[0], theirs) {
			t.Errorf("the text to staff repeats %q", theirs)
		}
	}
	w.later(4 * time.Minute)
	w.watched(c.ID)
	if all := w.toldTo(managerPhone); len(all) > 0 {
		t.Fatalf("the duty manager was told too soon: %q", all)
	}
	w.later(time.Minute)
	w.handset(managerPhone, 1)
	w.later(5 * time.Minute)
	if said := w.handset(fallbackPhone, 1); !strings.HasPrefix(said, "☎ This is the helpline. An immediate concern is waiting, and nobody has taken it. The reference is ") {
		t.Errorf("the fallback hears %q", said)
	}
	for again, pause := range []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, time.Hour, time.Hour, time.Hour} {
		due := w.watched(c.ID)
		if len(due) != 1 || due[0].DueAt.Sub(w.now()) != pause {
			t.Fatalf("again in %v: %+v", pause, due)
		}
		w.later(due[0].DueAt.Sub(w.now()))
		for _, phone := range []string{teamPhone, managerPhone, fallbackPhone} {
			w.handset(phone, 2+again)
		}
	}
	if n := len(w.alarmedEvents(c.ID)); n != 10 {
		t.Errorf("staff see %d alarms in the conversation", n)
	}
}

// matters are what clocks run for.
func matters(due []dialog.Alarm) (all []dialog.Matter) {
	for _, a := range due {
		all = append(all, a.Matter)
	}
	slices.Sort(all)
	return all
}

// TestAcknowledgingItStopsTheClock of the concern; what is to be done about it
// has clocks of its own from then on.
func TestAcknowledgingItStopsTheClock(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	w.handset(teamPhone, 1)
	k, sam := w.concernOf(c.ID), w.workers["sam"]
	w.must(w.desk.Meet(t.Context(), sam, k.ID, dialog.Acknowledge, "rang her"))
	w.later(6 * time.Minute)
	if due := matters(w.watched(c.ID)); !slices.Equal(due, []dialog.Matter{dialog.MatterAct, dialog.MatterFeedBack}) {
		t.Fatalf("clocks: %v", due)
	}
	if all := append(w.toldTo(managerPhone), w.toldTo(fallbackPhone)...); len(all) > 0 {
		t.Errorf("somebody was told all the same: %q", all)
	}
	w.later(4 * time.Minute) // ten minutes after it was raised
	if got := w.handset(teamPhone, 2); !strings.HasPrefix(got, "Helpline: what was to be done about a concern is overdue. Ref "+k.Ref) {
		t.Errorf("the team reads %q", got)
	}
	w.later(5 * time.Minute)
	w.handset(managerPhone, 1)
	yes := true
	w.must(w.desk.SetHandling(t.Context(), sam, k.ID, desk.HandlingChange{SpokenTo: &yes}))
	w.must(w.desk.Meet(t.Context(), sam, k.ID, dialog.Act, "rang the orderly officer"))
	w.later(4 * time.Hour)
	if got := w.handset(teamPhone, 3); !strings.HasPrefix(got, "Helpline: the person who raised a concern is still to be told. Ref "+k.Ref) {
		t.Errorf("the team reads %q", got)
	}
	w.must(w.desk.Excuse(t.Context(), sam, k.ID, dialog.FeedBack, "there is no safe way to reach her"))
	w.later(24 * time.Hour)
	if due := w.watched(c.ID); len(due) > 0 {
		t.Errorf("clocks still run: %+v", due)
	}
	w.handset(teamPhone, 3)
	w.handset(managerPhone, 1)
}

// TestWhoHoldsItAndDoesNothingHasNotTakenIt: whoever took over and does
// something keeps it; when they do nothing for as long as the team would have
// had, the team and the duty manager are told.
func TestWhoHoldsItAndDoesNothingHasNotTakenIt(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	sam := w.workers["sam"]
	w.handset(teamPhone, 1)
	w.must(w.desk.TakeOver(t.Context(), sam, c.ID))
	for range 4 {
		w.later(4 * time.Minute)
		w.watched(c.ID)
		w.must(w.desk.Note(t.Context(), sam, c.ID, "ringing the prison"))
	}
	w.handset(teamPhone, 1)
	w.later(4 * time.Minute)
	w.watched(c.ID)
	w.handset(teamPhone, 1)
	w.later(time.Minute) // Sam has gone home
	w.handset(teamPhone, 2)
	w.handset(managerPhone, 1)
	w.must(w.desk.Note(t.Context(), sam, c.ID, "still here"))
	w.later(4 * time.Minute)
	if due := w.watched(c.ID); len(due) != 1 || due[0].Matter != dialog.MatterConcern {
		t.Errorf("its clock: %+v", due)
	}
	if all := w.toldTo(fallbackPhone); len(all) > 0 {
		t.Errorf("the clock did not begin anew: %q", all)
	}
}

// TestLettingGoOfItStartsTheClockAgain: a concern that was handed back and that
// nobody acknowledged is nobody's again.
func TestLettingGoOfItStartsTheClockAgain(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	w.handset(teamPhone, 1)
	w.must(w.desk.TakeOver(t.Context(), w.workers["sam"], c.ID))
	w.later(4 * time.Minute)
	w.watched(c.ID)
	w.must(w.desk.HandBack(t.Context(), w.workers["sam"], c.ID))
	w.handset(teamPhone, 2)
	if all := w.toldTo(managerPhone); len(all) > 0 {
		t.Errorf("the clock did not begin anew: %q", all)
	}
	w.later(5 * time.Minute)
	w.handset(managerPhone, 1)
}

// TestAClosedConversationThatWaits raises an alarm like any other.
func TestAClosedConversationThatWaits(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, "famout hello")
	c := w.conversation(smsLine, sms(worriedPhone))
	w.must(w.store.Do(t.Context(), func(tx dialog.Tx) error {
		over, err := tx.Conversation(c.ID)
		if err != nil {
			return err
		}
		version := over.Version
		over.Version++
		over.ClosedAt, over.Waiting, over.WaitingSince = w.now(), dialog.WaitingReview, w.now()
		return tx.UpdateConversation(over, version)
	}))
	if due := w.watched(c.ID); len(due) != 1 || due[0].Matter != dialog.MatterWaiting {
		t.Fatalf("its clock: %+v", due)
	}
	w.later(4 * time.Hour)
	w.handset(teamPhone, 1)
	w.must(w.desk.Reviewed(t.Context(), w.workers["sam"], c.ID))
	w.later(24 * time.Hour)
	if due := w.watched(c.ID); len(due) > 0 {
		t.Errorf("seen by a worker, and still: %+v", due)
	}
}

// TestWhoeverIsRungPressesOne: the next step comes a step's time later, once.
// Who only listens puts nothing off.
func TestWhoeverIsRungPressesOne(t *testing.T) {
	rung := func(c *config) {
		onCall(c)
		c.Alert.DutyManager = []dialog.StaffAddress{{Way: dialog.WayCall, Value: managerPhone}}
	}
	for _, keys := range []string{"1", "2", ""} {
		t.Run("keys "+keys, func(t *testing.T) {
			private(teamPhone, managerPhone, fallbackPhone)
			w := newWorld(t, rung)
			w.network.Press(managerPhone, keys)
			w.text(worriedPhone, goodbye)
			c := w.conversation(smsLine, sms(worriedPhone))
			w.handset(teamPhone, 1)
			w.later(5 * time.Minute)
			w.handset(managerPhone, 1)
			w.eventually("the network to say what became of the call", func() bool {
				return len(w.notices(c.ID, dialog.NoticeDelivered)) == 2
			})
			said := w.network.Rang(managerPhone)[0].Said
			var pressed []dialog.PromisedData
			for _, e := range w.view(c.ID).events(dialog.Promised) {
				var d dialog.PromisedData
				(&transcript{t: t}).decode(e, &d)
				pressed = append(pressed, d)
				for _, secret := range []string{managerPhone, "447700900901"} {
					if strings.Contains(string(e.Data), secret) {
						t.Errorf("the log names the number: %s", e.Data)
					}
				}
			}
			due := w.watched(c.ID)
			if len(due) != 1 || due[0].Step != dialog.StepFallback {
				t.Fatalf("what comes next: %+v", due)
			}
			if keys != "1" {
				if len(pressed) > 0 || due[0].DueAt.Sub(w.now()) != 5*time.Minute || !strings.HasPrefix(said[len(said)-1], "Nobody pressed 1") {
					t.Errorf("pressed %+v, the next in %v, said %q", pressed, due[0].DueAt.Sub(w.now()), said[len(said)-1])
				}
				return
			}
			if len(pressed) != 1 || pressed[0].To != "duty manager" || pressed[0].Way != dialog.WayCall || !pressed[0].PutOff {
				t.Errorf("the log says %+v", pressed)
			}
			if due[0].DueAt.Sub(w.now()) != 10*time.Minute || !strings.HasPrefix(said[len(said)-1], "Thank you.") {
				t.Errorf("the next in %v, said %q", due[0].DueAt.Sub(w.now()), said[len(said)-1])
			}
			w.later(10 * time.Minute) // and nobody took it all the same
			w.handset(fallbackPhone, 1)
			w.later(5 * time.Minute)
			w.handset(managerPhone, 2) // everybody, and they press again
			w.eventually("the second call to be over", func() bool { return len(w.view(c.ID).events(dialog.Promised)) == 2 })
			if due := w.watched(c.ID); len(due) != 1 || due[0].DueAt.Sub(w.now()) != 10*time.Minute {
				t.Errorf("put off twice: %+v", due)
			}
		})
	}
}

// TestTheDutyManagersPhoneIsOff: a text that does not arrive is an alarm itself,
// and the next step does not wait for its time.
func TestTheDutyManagersPhoneIsOff(t *testing.T) {
	w := newAlertedWorld(t)
	w.network.SwitchOff(managerPhone, true)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	w.handset(teamPhone, 1)
	w.later(5 * time.Minute)
	w.handset(fallbackPhone, 1) // five minutes early
	var failed []dialog.AlarmedData
	for _, e := range w.alarmedEvents(c.ID) {
		var d dialog.AlarmedData
		(&transcript{t: t}).decode(e, &d)
		if d.State == dialog.NoticeFailed {
			failed = append(failed, d)
		}
	}
	if len(failed) != 1 || failed[0].To != "duty manager" || failed[0].Way != dialog.WayText || failed[0].Code != "30003" {
		t.Errorf("staff see of it: %+v", failed)
	}
}

// TestNobodyCanBeTold: when every way fails the steps follow each other at once,
// and then it is tried again with pauses, for as long as it takes.
func TestNobodyCanBeTold(t *testing.T) {
	w := newAlertedWorld(t)
	for _, phone := range []string{teamPhone, managerPhone, fallbackPhone} {
		w.network.SwitchOff(phone, true)
	}
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	w.eventually("everybody to be tried", func() bool { return len(w.network.Rang(fallbackPhone)) >= 2 })
	due := w.watched(c.ID)
	if len(due) != 1 || due[0].DueAt.Sub(w.now()) < time.Minute {
		t.Fatalf("what comes next: %+v", due)
	}
	for _, phone := range []string{teamPhone, managerPhone, fallbackPhone} {
		w.network.SwitchOff(phone, false)
	}
	w.later(due[0].DueAt.Sub(w.now()))
	w.handset(teamPhone, 1)
	w.handset(fallbackPhone, 1)
}

// TestTheNetworkIsAwayForAMoment: a text that Twilio does not take is tried again.
func TestTheNetworkIsAwayForAMoment(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, "famout can I speak to a person please")
	c := w.conversation(smsLine, sms(worriedPhone))
	w.network.Fail(simulator.Fault{Kind: simulator.ServerError, Times: 2})
	w.watched(c.ID)
	w.later(30 * time.Minute)
	for attempt := range 2 {
		w.eventually("the attempt to be over", func() bool {
			waiting := w.notices(c.ID, dialog.NoticeQueued)
			return len(waiting) == 1 && waiting[0].Attempts == attempt+1
		})
		w.later(20 * time.Second)
	}
	if got := w.handset(teamPhone, 1); !strings.HasPrefix(got, "Helpline: somebody is waiting for a person to answer. Ref "+c.Ref+". ") {
		t.Errorf("the team reads %q", got)
	}
}

func (w *world) notices(id dialog.ConversationID, states ...dialog.NoticeState) (some []dialog.StaffNotice) {
	w.must(w.store.Read(w.t.Context(), func(r dialog.Reader) error {
		all, err := r.StaffNotices(id)
		some = slices.DeleteFunc(all, func(n dialog.StaffNotice) bool { return !slices.Contains(states, n.State) })
		return err
	}))
	return some
}

// TestAMessageNobodyHeard: a recorded message has a clock until somebody
// listens to it, whatever is thought to be in it.
func TestAMessageNobodyHeard(t *testing.T) {
	w := newAlertedWorld(t)
	call := w.ring(worriedPhone)
	w.must(call.Record(t.Context(), spoken(t, "please ring me about the visit")))
	id := w.voicemail(call)
	w.fetch(id)
	due := w.watched(id)
	if len(due) != 1 || due[0].Matter != dialog.MatterRecording || due[0].Pace != dialog.PaceUrgent {
		t.Fatalf("its clock: %+v", due)
	}
	w.later(10 * time.Minute)
	if got := w.handset(teamPhone, 1); !strings.HasPrefix(got, "Helpline: a voice message is waiting to be heard. Ref ") {
		t.Errorf("the team reads %q", got)
	}
	w.must(w.desk.Listened(t.Context(), w.workers["sam"], w.recordingOf(id).ID))
	w.later(time.Hour)
	if due := w.watched(id); len(due) > 0 || len(w.toldTo(managerPhone)) > 0 {
		t.Errorf("listened to, and still: %+v, %q", due, w.toldTo(managerPhone))
	}
}

// TestAWorkerWhoWentHome: who took over and does not answer is found by the
// words that nobody answered.
func TestAWorkerWhoWentHome(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	w.handset(teamPhone, 1)
	w.must(w.desk.TakeOver(t.Context(), w.workers["sam"], c.ID))
	w.must(w.desk.Meet(t.Context(), w.workers["sam"], w.concernOf(c.ID).ID, dialog.Acknowledge, "rang her"))
	w.later(time.Minute)
	w.text(worriedPhone, "are you there?")
	due := w.watched(c.ID)
	if !slices.ContainsFunc(due, func(a dialog.Alarm) bool {
		return a.Matter == dialog.MatterWaiting && a.Pace == dialog.PaceImmediate && a.DueAt.Equal(w.now().Add(5*time.Minute))
	}) {
		t.Fatalf("its clock: %+v", due)
	}
	w.later(5 * time.Minute)
	w.handset(teamPhone, 2)
	w.handset(managerPhone, 1)
	_, err := w.desk.Say(t.Context(), w.workers["sam"], c.ID, "I am here.", "s1")
	w.must(err)
	w.later(6 * time.Minute)
	if due := w.watched(c.ID); slices.Contains(matters(due), dialog.MatterWaiting) || len(w.toldTo(fallbackPhone)) > 0 {
		t.Errorf("answered, and still: %+v, %q", due, w.toldTo(fallbackPhone))
	}
}

// TestALineThatDidNotArrive has a clock, also when nothing else of the
// conversation waits.
func TestALineThatDidNotArrive(t *testing.T) {
	w := newAlertedWorld(t)
	w.network.SwitchOff(worriedPhone, true)
	w.text(worriedPhone, "famout what is a case conference")
	c := w.conversation(smsLine, sms(worriedPhone))
	w.eventually("the failure to be reported", func() bool {
		return w.conversation(smsLine, sms(worriedPhone)).Waiting == dialog.WaitingDelivery
	})
	due := w.watched(c.ID)
	if len(due) != 1 || due[0].Matter != dialog.MatterLine || due[0].Pace != dialog.PaceConcern {
		t.Fatalf("its clock: %+v", due)
	}
	w.later(4 * time.Hour)
	if got := w.handset(teamPhone, 1); !strings.HasPrefix(got, "Helpline: a reply could not be delivered. Ref ") {
		t.Errorf("the team reads %q", got)
	}
	w.must(w.desk.Reviewed(t.Context(), w.workers["sam"], c.ID))
	w.later(24 * time.Hour)
	if due := w.watched(c.ID); len(due) > 0 {
		t.Errorf("seen by a worker, and still: %+v", due)
	}
}

// TestItBecomesWorse: a concern that was for the day is told at once when it
// becomes one for now.
func TestItBecomesWorse(t *testing.T) {
	w := newAlertedWorld(t)
	w.text(worriedPhone, "famout hello")
	c := w.conversation(smsLine, sms(worriedPhone))
	w.must(w.desk.RaiseConcern(t.Context(), w.workers["sam"], c.ID, dialog.LevelConcern, nil, "worried about his brother"))
	if due := w.watched(c.ID); !slices.ContainsFunc(due, func(a dialog.Alarm) bool { return a.Pace == dialog.PaceConcern }) {
		t.Fatalf("its clock: %+v", due)
	}
	worse := dialog.LevelImmediate
	w.turn(time.Hour)
	w.must(w.desk.RaiseConcern(t.Context(), w.workers["sam"], c.ID, worse, nil, "he has a plan"))
	if got := w.handset(teamPhone, 1); !strings.Contains(got, "an immediate concern is waiting") {
		t.Errorf("the team reads %q", got)
	}
	w.later(5 * time.Minute)
	w.handset(managerPhone, 1)
}

// TestManyThingsAreOneText: what is due at one time goes as one text, the most
// urgent first.
func TestManyThingsAreOneText(t *testing.T) {
	w := newAlertedWorld(t)
	for _, from := range []string{"+447700900124", "+447700900125", "+447700900126"} {
		w.text(from, "famout can I speak to a person please")
		w.watched(w.conversation(smsLine, sms(from)).ID)
	}
	w.later(30 * time.Minute)
	w.eventually("the team to be told", func() bool { return len(w.toldTo(teamPhone)) > 0 })
	w.watched(w.conversation(smsLine, sms("+447700900124")).ID)
	if all := w.toldTo(teamPhone); len(all) != 1 || !strings.HasPrefix(all[0], "Helpline: 3 things are waiting") {
		t.Errorf("the team reads %q", all)
	}
}

// TestTheServiceIsKilledBetweenTwoSteps: after the restart the next step comes
// at its time, and the one before is not told again.
func TestTheServiceIsKilledBetweenTwoSteps(t *testing.T) {
	l := &lives{t: t, data: filepath.Join(t.TempDir(), "data"), changed: make(chan struct{})}
	phones := http.NewServeMux()
	exchange := httptest.NewServer(phones)
	t.Cleanup(exchange.Close)
	l.api = exchange.URL
	network, err := simulator.New(simulator.Config{
		AccountSID: demoSID, AuthToken: demoToken, WebhookBase: publicName, APIBase: exchange.URL, Client: to(l.where),
		SMSNumber: "60777", VoiceNumber: "+441632960999", Logger: testLog(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = network.Close() })
	phones.Handle("/", network.Handler())
	w := &world{t: t, network: network}
	private(teamPhone, managerPhone, fallbackPhone, worriedPhone, goodbye)
	settings := []string{
		"HELPLINE_ALERT_TEAM=sms:" + teamPhone, "HELPLINE_ALERT_MANAGER=sms: +44 7700 900901", "HELPLINE_ALERT_FALLBACK=tel:" + fallbackPhone,
		"HELPLINE_ALERT_AFTER_IMMEDIATE=0s/10s/12s",
	}
	l.begin(settings...)
	if _, err := network.Text(t.Context(), worriedPhone, "60777", goodbye); err != nil {
		t.Fatal(err)
	}
	w.handset(teamPhone, 1)
	time.Sleep(300 * time.Millisecond) // the outcome of the text is written
	l.end()
	if all := w.toldTo(managerPhone); len(all) > 0 {
		t.Fatalf("the duty manager was told too soon: %q", all)
	}
	l.begin(settings...)
	w.handset(managerPhone, 1)
	w.handset(fallbackPhone, 1)
	w.handset(teamPhone, 1)
	l.end()
}

// TestTheConsoleSaysThatNobodyIsAlerted, where that is so.
func TestTheConsoleSaysThatNobodyIsAlerted(t *testing.T) {
	for name, change := range map[string]func(*config){"nobody": nil, "the team": onCall} {
		w := newWorld(t, change)
		page := signIn(t, w.url, "sam@example.org").get(t, "/console", http.StatusOK)
		if says := strings.Contains(page, "Nobody is alerted"); says != (change == nil) {
			t.Errorf("%s is alerted, and the console says so: %v", name, says)
		}
	}
}

// TestWithNobodyToTellTheConsoleIsTold three times, and the clock goes on for
// the day that somebody is named.
func TestWithNobodyToTellTheConsoleIsTold(t *testing.T) {
	w := newWorld(t, nil)
	w.text(worriedPhone, goodbye)
	c := w.conversation(smsLine, sms(worriedPhone))
	for range 5 {
		w.watched(c.ID)
		w.later(time.Hour)
	}
	if due := w.watched(c.ID); len(due) != 1 {
		t.Errorf("its clock: %+v", due)
	}
	if n := len(w.alarmedEvents(c.ID)); n != 3 {
		t.Errorf("staff see %d alarms in the conversation", n)
	}
}
