package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"helpline/channels/simulator"
	"helpline/channels/speech"
	"helpline/dialog"
)

const goodbyes = "he has given his trainers away and said goodbye to the children"

// spoken is a recorded message.
func spoken(t *testing.T, words string) []byte {
	t.Helper()
	private(words)
	audio, err := speech.Speak(t.Context(), words)
	if err != nil {
		t.Fatal(err)
	}
	return audio
}

// quiet is seconds of a telephone line on which nobody speaks.
func quiet(t *testing.T, seconds int) []byte {
	t.Helper()
	a := speech.Audio{Rate: 8000, Samples: make([]int16, 8000*seconds)}
	for i := range a.Samples {
		a.Samples[i] = int16(i * 7919 % 5) // the noise of the line
	}
	var wav bytes.Buffer
	if err := speech.Encode(&wav, a); err != nil {
		t.Fatal(err)
	}
	return wav.Bytes()
}

// ring rings the concern line and checks what everybody hears first.
func (w *world) ring(from string) *simulator.Call {
	w.t.Helper()
	private(from)
	call, err := w.network.Call(w.t.Context(), from, w.VoiceNumber)
	w.must(err)
	heard := strings.Join(call.Said(), "\n")
	tone := strings.Index(heard, "(tone)")
	if !call.Waiting() || tone < 0 {
		w.t.Fatalf("the caller cannot speak: %q", heard)
	}
	for _, route := range []string{"9 9 9", "orderly officer"} {
		if at := strings.Index(heard, route); at < 0 || at > tone {
			w.t.Errorf("the caller does not hear %q before the tone: %q", route, heard)
		}
	}
	if ask, routes := strings.Index(heard, "leave a message"), strings.Index(heard, "orderly officer"); ask < routes {
		w.t.Errorf("the message is asked for before the ways to immediate help: %q", heard)
	}
	return call
}

// voicemail is the conversation that a call became.
func (w *world) voicemail(call *simulator.Call) dialog.ConversationID {
	w.t.Helper()
	sit := w.situation(voiceLine, dialog.Address{Medium: dialog.Voice}, call.SID())
	if !sit.Duplicate {
		w.t.Fatal("the call is not there")
	}
	return sit.DuplicateOf
}

func (w *world) recordingOf(id dialog.ConversationID) dialog.Recording {
	w.t.Helper()
	all := w.view(id).Recordings
	if len(all) != 1 {
		w.t.Fatalf("%d recordings", len(all))
	}
	return all[0]
}

// fetch asks for the audio until it is there: the next sweep of the jobs would
// be a while later.
func (w *world) fetch(id dialog.ConversationID) {
	w.t.Helper()
	w.eventually("the audio", func() bool {
		rec := w.recordingOf(id)
		if rec.File == "" && rec.Attempts > 0 {
			w.jobs.Look(rec.ID)
		}
		return rec.File != ""
	})
}

// TestAMessageOnTheConcernLine is the whole way of one: heard, queued at once,
// kept, written down as a draft, listened to.
func TestAMessageOnTheConcernLine(t *testing.T) {
	w := newWorld(t, nil)
	if w.engine == nil {
		t.Fatal("pocketsphinx and its English model are not installed (Debian packages pocketsphinx, pocketsphinx-en-us)")
	}
	audio := spoken(t, goodbyes)
	shirin := w.workers["shirin"]
	for name, from := range map[string]string{"from a number": "+447700900501", "withheld": ""} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.network.Fail(simulator.Fault{Kind: simulator.NoRecording}) // Twilio has it a moment later
			call := w.ring(from)
			w.must(call.Record(t.Context(), audio))
			id := w.voicemail(call)

			// In the queue before anybody could have fetched it.
			queue, err := w.desk.Queue(t.Context(), shirin, dialog.QueueFilter{})
			w.must(err)
			i := slices.IndexFunc(queue, func(e dialog.QueueEntry) bool { return e.Conversation.ID == id })
			if i < 0 {
				t.Fatal("the message is not in the queue")
			}
			if queue[i].Recording != dialog.RecordingToFetch && queue[i].Recording != dialog.RecordingStored {
				t.Errorf("queued only when it was %s", queue[i].Recording)
			}
			ref := strings.Join(strings.Split(queue[i].Conversation.Ref, ""), ", ")
			said := call.Said()
			if !call.Ended() || !strings.Contains(said[len(said)-1], ref) {
				t.Errorf("the caller heard at the end: %q, the reference is %s", said[len(said)-1], ref)
			}
			v := w.view(id)
			if v.Address != from {
				t.Error("staff do not see the number that they may ring, or see one that was withheld")
			}
			if v.Conversation.Holder.Kind == dialog.Bot {
				t.Error("a recorded message is nobody's but people's")
			}

			w.fetch(id)
			w.eventually("a draft", func() bool { return w.recordingOf(id).State == dialog.RecordingTranscribed })
			rec := w.recordingOf(id)
			private(rec.Transcript)
			if rec.Transcript == "" || !strings.Contains(rec.Engine, "pocketsphinx") {
				t.Errorf("the draft by %q has %d characters", rec.Engine, len(rec.Transcript))
			}
			path, _, err := w.desk.RecordingFile(t.Context(), shirin, rec.ID)
			w.must(err)
			kept, err := os.ReadFile(path)
			w.must(err)
			if !bytes.Equal(kept, audio) {
				t.Errorf("%d bytes were recorded and %d kept", len(audio), len(kept))
			}
			v = w.view(id)
			var drafts int
			for _, e := range v.events(dialog.Assessed) {
				var d dialog.AssessedData
				(&transcript{t: t}).decode(e, &d)
				if !d.Assessment.Draft {
					t.Error("an assessment of a draft does not say that it is one")
				}
				drafts++
			}
			if drafts != 1 || len(v.events(dialog.Transcribed)) != 1 {
				t.Errorf("%d drafts, %d assessments", len(v.events(dialog.Transcribed)), drafts)
			}
			if v.Conversation.Waiting != dialog.WaitingVoice && v.Conversation.Waiting != dialog.WaitingRisk {
				t.Errorf("with a draft it waits for %q", v.Conversation.Waiting)
			}

			// Staff raise what the machine did not; listening meets that duty.
			w.must(w.desk.RaiseConcern(t.Context(), shirin, id, dialog.LevelUrgent, []dialog.Category{dialog.SuicideSelfHarm}, ""))
			duty := func(kind dialog.ObligationKind) dialog.ObligationState {
				for _, o := range w.view(id).Concerns[0].Obligations {
					if o.Kind == kind {
						return o.State
					}
				}
				t.Fatalf("no duty to %s", kind)
				return ""
			}
			if duty(dialog.Listen) != dialog.Open {
				t.Error("nobody listened, and the duty is met")
			}
			w.must(w.desk.Listened(t.Context(), shirin, rec.ID))
			if duty(dialog.Listen) != dialog.Met || duty(dialog.Act) != dialog.Open {
				t.Errorf("after listening: listen %s, act %s", duty(dialog.Listen), duty(dialog.Act))
			}
			if rec = w.recordingOf(id); rec.ListenedBy != shirin.ID || rec.ListenedAt.IsZero() {
				t.Error("who listened is not written down")
			}
		})
	}
}

// TestADraftNeverLowersALevel: what a worker or an earlier message made of it
// stays, however harmless the machine's words are.
func TestADraftNeverLowersALevel(t *testing.T) {
	w := newWorld(t, nil)
	shirin := w.workers["shirin"]
	call := w.ring("+447700900502")
	w.network.Fail(simulator.Fault{Kind: simulator.NoRecording, Times: 1})
	w.must(call.Record(t.Context(), spoken(t, "I would like to book a visit for Saturday please")))
	id := w.voicemail(call)
	w.must(w.desk.RaiseConcern(t.Context(), shirin, id, dialog.LevelImmediate, []dialog.Category{dialog.SuicideSelfHarm}, ""))
	w.fetch(id)
	w.eventually("a draft", func() bool { return w.recordingOf(id).State == dialog.RecordingTranscribed })
	private(w.recordingOf(id).Transcript)
	v := w.view(id)
	if len(v.Concerns) != 1 || v.Concerns[0].Level != dialog.LevelImmediate || v.Conversation.Level != dialog.LevelImmediate || v.Conversation.Waiting != dialog.WaitingRisk {
		t.Errorf("the draft made it %s, waiting for %q", v.Conversation.Level, v.Conversation.Waiting)
	}
}

// TestWithoutAnEngine: all works but the text, and silence is known as such.
func TestWithoutAnEngine(t *testing.T) {
	audio := spoken(t, goodbyes)
	t.Setenv("PATH", t.TempDir())
	w := newWorld(t, nil)
	if w.engine != nil {
		t.Fatalf("there is an engine: %s", w.engine.Name())
	}
	for _, message := range []struct {
		wav   []byte
		state dialog.RecordingState
	}{{audio, dialog.RecordingNoText}, {quiet(t, 4), dialog.RecordingSilent}} {
		call := w.ring("")
		w.must(call.Record(t.Context(), message.wav))
		id := w.voicemail(call)
		w.eventually("the recording to be "+string(message.state), func() bool { return w.recordingOf(id).State == message.state })
		rec := w.recordingOf(id)
		path, _, err := w.desk.RecordingFile(t.Context(), w.workers["sam"], rec.ID)
		w.must(err)
		if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, message.wav) {
			t.Errorf("the audio is not kept: %v", err)
		}
		v := w.view(id)
		if v.Conversation.Waiting != dialog.WaitingVoice || rec.Seconds == 0 {
			t.Errorf("it waits for %q and is %d seconds long", v.Conversation.Waiting, rec.Seconds)
		}
		w.must(w.desk.Listened(t.Context(), w.workers["sam"], rec.ID))
		if v := w.view(id); v.Conversation.Waiting != dialog.WaitingNone {
			t.Errorf("listened to, it waits for %q", v.Conversation.Waiting)
		}
	}
}

// TestACallerWhoHangsUp loses nothing of what they said; one who said nothing
// is asked again, and one who hangs up at once can be rung back.
func TestACallerWhoHangsUp(t *testing.T) {
	w := newWorld(t, nil)
	audio := spoken(t, "please ring me about my son")
	t.Run("in the middle of the message", func(t *testing.T) {
		w.t = t
		call := w.ring("")
		w.must(call.RecordAndHangUp(t.Context(), audio))
		id := w.voicemail(call)
		if v := w.view(id); v.Conversation.Waiting != dialog.WaitingVoice || len(v.Recordings) != 1 {
			t.Errorf("%d recordings, waiting for %q", len(v.Recordings), v.Conversation.Waiting)
		}
		w.eventually("the audio", func() bool { return w.recordingOf(id).File != "" })
	})
	t.Run("when nothing came over", func(t *testing.T) {
		w.t = t
		call := w.ring("+447700900503")
		w.must(call.Silence(t.Context()))
		if said := call.Said(); !call.Waiting() || !strings.Contains(said[len(said)-2], "did not hear") {
			t.Fatalf("heard after silence: %q", said)
		}
		w.must(call.Record(t.Context(), audio))
		if v := w.view(w.voicemail(call)); len(v.Recordings) != 1 {
			t.Errorf("%d recordings", len(v.Recordings))
		}
	})
	t.Run("two withheld callers at once", func(t *testing.T) {
		w.t = t
		one, two := w.ring(""), w.ring("")
		w.must(two.Record(t.Context(), audio))
		w.must(one.Record(t.Context(), audio))
		if w.voicemail(one) == w.voicemail(two) {
			t.Fatal("two strangers are in one conversation")
		}
		for _, call := range []*simulator.Call{one, two} {
			if n := len(w.view(w.voicemail(call)).Recordings); n != 1 {
				t.Errorf("%d recordings", n)
			}
		}
	})
	t.Run("without a word", func(t *testing.T) {
		w.t = t
		call := w.ring("+447700900504")
		w.must(call.HangUp(t.Context()))
		if v := w.view(w.voicemail(call)); v.Conversation.Waiting != dialog.WaitingReview || len(v.events(dialog.CallStarted)) != 1 {
			t.Errorf("a call without a word waits for %q", v.Conversation.Waiting)
		}
	})
}
