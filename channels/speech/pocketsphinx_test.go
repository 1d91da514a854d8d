package speech

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func pocketSphinx(t *testing.T, c Config) *PocketSphinx {
	t.Helper()
	p, err := findPocketSphinx(c)
	if err != nil {
		t.Fatalf("apt-get install %s: %v", PocketSphinxPackages, err)
	}
	return p
}

// said is a recording as the simulator makes it.
func said(t *testing.T, text string) Audio {
	t.Helper()
	require(t, "espeak-ng", "espeak-ng")
	wav, err := Speak(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, wav)
}

func TestPocketSphinxHearsWords(t *testing.T) {
	dir := t.TempDir()
	p := pocketSphinx(t, Config{TempDir: dir})
	text := "hello he gave away his things"
	a := said(t, text)
	begin := time.Now()
	got, err := p.Transcribe(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("%v for a recording of %v", took, Duration(a))
	}
	right := 0
	for _, w := range strings.Fields(got.Text) {
		if slices.Contains(strings.Fields(text), w) {
			right++
		}
	}
	if right == 0 {
		t.Errorf("no word of %q in %q", text, got.Text)
	}
	if strings.ContainsAny(got.Text, "()\n") {
		t.Errorf("more than words: %q", got.Text)
	}
	if got.Engine != "pocketsphinx" || got.Language != "en" || got.Confidence <= 0 || got.Confidence > 1 {
		t.Errorf("engine %q, language %q, confidence %v", got.Engine, got.Language, got.Confidence)
	}
	empty(t, dir)
}

func TestPocketSphinxHearsNothingInSilence(t *testing.T) {
	p := pocketSphinx(t, Config{TempDir: t.TempDir()})
	for name, a := range map[string]Audio{
		"no samples":    {Rate: 8000},
		"a few samples": {Rate: 8000, Samples: make([]int16, 10)},
		"two seconds":   {Rate: 8000, Samples: make([]int16, 16000)},
	} {
		if got, err := p.Transcribe(context.Background(), a); err != nil || got.Text != "" || got.Confidence != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("in the folder for recordings: %v, %v", entries, err)
	}
}

func TestPocketSphinxHasALimitOfItsOwn(t *testing.T) {
	p := pocketSphinx(t, Config{TempDir: t.TempDir(), Timeout: 50 * time.Millisecond})
	_, err := p.Transcribe(context.Background(), said(t, "hello"))
	var e *Error
	if !errors.As(err, &e) || e.Reason != TimedOut || !e.Temporary || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want a time-out that is worth another try", err)
	}
}

func TestPocketSphinxRunsOneAtATime(t *testing.T) {
	p := pocketSphinx(t, Config{TempDir: t.TempDir()})
	a := said(t, "hello")
	p.turn <- struct{}{} // as a process that runs does
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	var e *Error
	if _, err := p.Transcribe(ctx, a); !errors.As(err, &e) || e.Reason != TimedOut || !e.Temporary {
		t.Errorf("behind another: got %v, want a time-out", err)
	}
	<-p.turn

	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := p.Transcribe(context.Background(), a); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestPocketSphinxFailsWithoutWords(t *testing.T) {
	p := pocketSphinx(t, Config{TempDir: t.TempDir()})
	p.model = filepath.Join(t.TempDir(), "gone")
	_, err := p.Transcribe(context.Background(), said(t, "hello"))
	var e *Error
	if !errors.As(err, &e) || e.Reason != Failed || e.Status == 0 || e.LogErrors == 0 || e.Temporary {
		t.Fatalf("got %v, want a failure with its exit status and the count of logged errors", err)
	}
	if strings.Contains(err.Error(), "gone") {
		t.Errorf("the process's own words are in the error: %v", err)
	}
	p = pocketSphinx(t, Config{TempDir: filepath.Join(t.TempDir(), "gone")})
	if _, err := p.Transcribe(context.Background(), said(t, "hello")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a folder for the sound: %v", err)
	}
}

func TestParseHypothesis(t *testing.T) {
	for in, want := range map[string]string{
		"":                                    "",
		"(3 0)\n":                             "",
		" (3 0)\n":                            "",
		"hello he gave a way (3 -10615)\n":    "hello he gave a way",
		"one word (3)\n":                      "one word",
		"bad \xff byte\x00 and\ttab (3 -1)\n": "bad \uFFFD byte and tab",
		"a bracket (inside) the text (3 -13904)\n": "a bracket (inside) the text",
	} {
		if got := parseHypothesis([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParseConfidence(t *testing.T) {
	for in, want := range map[string]float64{
		"":                       0,
		"3 1 0.16 0.50 oh 0.5\n": 0.5,
		"3 1 0.16 0.30 oh 1.0\n3 1 0.95 0.10 we 0.2\n":          0.8,
		"3 1 0.16 0.30 oh NaN\n3 1 x\n3 1 0 -4 we 0.2\nrubbish": 0,
	} {
		if got := parseConfidence([]byte(in)); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

func TestCappedKeepsTheBeginningAndSwallowsTheRest(t *testing.T) {
	var c capped
	block := make([]byte, maxHypothesis*2/3)
	for range 3 {
		if n, err := c.Write(block); n != len(block) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if len(c.kept) != maxHypothesis || !c.full {
		t.Errorf("kept %d, full %v", len(c.kept), c.full)
	}
}

func TestErrorLinesAreCountedAcrossWrites(t *testing.T) {
	var l errorLines
	for _, s := range []string{"INFO: a.c(1): fine\nERR", "OR: b.c(2): Failed\n", "not an ERROR\nFATAL: c.c(3): gone\n", "ERROR"} {
		if _, err := l.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	if l.errors != 3 {
		t.Errorf("counted %d, want 3", l.errors)
	}
}

// The factor that an operator wants to know: seconds of work for a second of message.
func BenchmarkPocketSphinx(b *testing.B) {
	p, err := FindPocketSphinx()
	if err != nil {
		b.Fatalf("apt-get install %s: %v", PocketSphinxPackages, err)
	}
	wav, err := Speak(context.Background(), strings.Repeat("I am ringing about my son. He gave away all his things and said goodbye to the children. ", 5))
	if err != nil {
		b.Fatal(err)
	}
	a := decoded(b, wav)
	for b.Loop() {
		if _, err := p.Transcribe(context.Background(), a); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/Duration(a).Seconds(), "rtf")
	b.ReportMetric(Duration(a).Seconds(), "s-of-speech")
}

func BenchmarkSilent(b *testing.B) {
	a := synth(b, "synth 60 pinknoise vol 0.02")
	for b.Loop() {
		Silent(a)
	}
}
