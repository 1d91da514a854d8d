package speech

import (
	"testing"
	"time"
)

func TestSilentWhereNobodySpeaks(t *testing.T) {
	for name, effects := range map[string]string{
		"digital silence":               "trim 0 10",
		"an open line":                  "synth 10 whitenoise vol 0.001",
		"white noise":                   "synth 10 whitenoise vol 0.1",
		"loud pink noise":               "synth 10 pinknoise vol 0.25",
		"a rumble":                      "synth 10 brownnoise vol 0.25",
		"noise after a gap":             "synth 8 pinknoise vol 0.05 pad 3 2",
		"mains hum":                     "synth 10 sine 50 vol 0.3",
		"hum with its harmonics":        "synth 10 square 50 vol 0.2",
		"hum that begins and ends":      "synth 6 sawtooth 100 vol 0.2 pad 3 3",
		"clicks":                        "synth 0.005 whitenoise vol 0.9 pad 0 0.6 repeat 12",
		"a handset put down":            "synth 0.05 brownnoise vol 0.9 fade l 0 0.05 0.03 pad 2 0.3",
		"the beep after the greeting":   "synth 0.5 sine 1000 vol 0.5 pad 0.3 5",
		"a short beep":                  "synth 0.15 sine 1000 vol 0.5 pad 0.3 5",
		"a long beep":                   "synth 3 sine 1000 vol 0.5 pad 0.3 5",
		"engaged tone, as after a hang": "synth 0.375 sine 400 vol 0.3 pad 0 0.375 repeat 8 pad 1 0",
	} {
		t.Run(name, func(t *testing.T) {
			if a := synth(t, effects); !Silent(a) {
				t.Errorf("something like speech for %v of %v", speechLength(a), Duration(a))
			}
		})
	}
	beep, line := synth(t, "synth 1 sine 1000 vol 0.3 pad 0.7 4"), synth(t, "synth 6 pinknoise vol 0.003")
	if a := mixed(beep, line); !Silent(a) {
		t.Errorf("a beep on a line with noise: something like speech for %v", speechLength(a))
	}
	for name, a := range map[string]Audio{
		"nothing":         {},
		"no samples":      {Rate: 8000},
		"less than 20 ms": {Rate: 8000, Samples: []int16{30000, -30000, 30000}},
		"no rate":         {Samples: make([]int16, 100)},
	} {
		if !Silent(a) {
			t.Errorf("%s is not silent", name)
		}
	}
}

func TestSpeechIsNotSilent(t *testing.T) {
	sentence := "please can somebody check on my son, he is not well"
	lines := map[string]string{ // sox's effects: how the words reach us
		"loud":                     "gain -n -1",
		"as spoken":                "gain -n -12",
		"quiet":                    "gain -n -35",
		"very quiet":               "gain -n -45",
		"telephone band, quiet":    "gain -n -20 sinc 300-3400",
		"after long silence":       "gain -n -12 pad 15 15",
		"clipped by standing near": "gain 20",
	}
	for _, voice := range []string{"en-gb", "en-us", "en+f3", "en-gb-scotland", "en-us+klatt2"} {
		for name, effects := range lines {
			for _, text := range []string{"hello", "no", "help", "yes", sentence} {
				if a := spoken8k(t, voice, text, effects); Silent(a) {
					t.Errorf("%q, %s, in voice %s: silent after %v of speech", text, name, voice, speechLength(a))
				}
			}
		}
	}
}

func TestSpeechOnABadLineIsNotSilent(t *testing.T) {
	for name, line := range map[string]string{
		"noise":            "synth 6 pinknoise vol 0.05",
		"hum":              "synth 6 square 50 vol 0.01",
		"a beep before it": "synth 0.5 sine 1000 vol 0.5 pad 0.1 5",
		"clicks":           "synth 0.005 whitenoise vol 0.9 pad 0 0.6 repeat 8",
	} {
		for _, voice := range []string{"en-gb", "en+f3"} {
			a := mixed(spoken8k(t, voice, "hello", "gain -n -10 pad 1 3"), synth(t, line))
			if Silent(a) {
				t.Errorf("hello in voice %s with %s: silent after %v of speech", voice, name, speechLength(a))
			}
		}
	}
}

// The rate a recording comes in changes nothing about what is heard in it.
func TestSilentAtOtherRates(t *testing.T) {
	hello := spoken8k(t, "en-gb", "hello", "gain -n -12 pad 1 2")
	beep := synth(t, "synth 0.5 sine 1000 vol 0.5 pad 1 2")
	for _, rate := range []int{4000, 16000, 22050, 48000} {
		if Silent(Resample(hello, rate)) {
			t.Errorf("hello at %d Hz is silent", rate)
		}
		if a := Resample(beep, rate); !Silent(a) {
			t.Errorf("a beep at %d Hz: something like speech for %v", rate, speechLength(a))
		}
	}
}

func TestSilentIsQuickOnLongRecordings(t *testing.T) {
	a := synth(t, "synth 60 pinknoise vol 0.02")
	a.Samples = append(a.Samples, a.Samples...)
	begin := time.Now()
	Silent(a)
	// Some 10 ms; the bound is loose because the machine may be busy.
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("two minutes took %v", took)
	}
}
