package speech

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
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

// While the process runs there is no file with a name, and when its time is up
// it is gone with everything it started, here behind the kind of script that sites wrap programs in.
func TestPocketSphinxIsKilledWithItsGroup(t *testing.T) {
	dir, bin := t.TempDir(), t.TempDir()
	installed := pocketSphinx(t, Config{})
	pidFile := filepath.Join(bin, "pid")
	script := fmt.Sprintf("#!/bin/sh\n%s \"$@\" &\necho $! > %s\nwait\n", installed.binary, pidFile)
	wrapper := filepath.Join(bin, "pocketsphinx_batch")
	if err := os.WriteFile(wrapper, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p := pocketSphinx(t, Config{TempDir: dir, LookPath: func(program string) (string, error) {
		if program == "pocketsphinx_batch" {
			return wrapper, nil
		}
		return exec.LookPath(program)
	}})

	a := said(t, strings.Repeat("he gave away all his things and said goodbye to the children. ", 8))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := p.Transcribe(ctx, a)
		done <- err
	}()
	pid := waitForPID(t, pidFile)
	empty(t, dir)
	cancel()
	select {
	case err := <-done:
		var e *Error
		if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.Temporary {
			t.Errorf("got %v, want a cancellation that isn't worth another try", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still waiting 10 s after the cancellation")
	}
	for range 100 {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) {
			empty(t, dir)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func waitForPID(t *testing.T, file string) int {
	t.Helper()
	for range 500 {
		b, err := os.ReadFile(file)
		if pid, _ := strconv.Atoi(strings.TrimSpace(string(b))); err == nil && pid > 0 {
			return pid
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the process did not start")
	return 0
}

// zombie says that a process has ended and nobody has asked how, as happens to orphans in a container without init.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
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
