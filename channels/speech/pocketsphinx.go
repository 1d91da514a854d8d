package speech

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// PocketSphinxPackages are the Debian packages that [PocketSphinx] needs.
const PocketSphinxPackages = "pocketsphinx pocketsphinx-en-us"

// pocketSphinxRate is what the en-us model was trained at.
const pocketSphinxRate = 16000

// maxHypothesis bounds what is read of a process's answer: ten minutes hold some 2,000 words.
const maxHypothesis = 1 << 20

// PocketSphinx is CMU Sphinx's small recogniser with its US English model, run as
// a process of its own at the lowest priority, one recording at a time. Its drafts
// are often wrong, above all in names. Make one with [FindPocketSphinx].
type PocketSphinx struct {
	binary string
	nice   string // empty when there is none
	model  string
	cfg    Config
	turn   chan struct{} // holds one token while a process runs
}

// FindPocketSphinx looks for pocketsphinx_batch in the path and for its model
// beside it and in Debian's place. When either is missing the error is [ErrNotInstalled].
func FindPocketSphinx() (*PocketSphinx, error) { return findPocketSphinx(Config{}) }

func findPocketSphinx(c Config) (*PocketSphinx, error) {
	binary, err := c.lookPath("pocketsphinx_batch")
	if err != nil {
		return nil, fmt.Errorf("pocketsphinx_batch (Debian packages %s): %w", PocketSphinxPackages, ErrNotInstalled)
	}
	beside := filepath.Join(filepath.Dir(binary), "..", "share", "pocketsphinx", "model", "en-us")
	for _, model := range []string{beside, "/usr/share/pocketsphinx/model/en-us", "/usr/local/share/pocketsphinx/model/en-us"} {
		if _, err := os.Stat(filepath.Join(model, "en-us.lm.bin")); err != nil {
			continue
		}
		p := &PocketSphinx{binary: binary, model: model, cfg: c, turn: make(chan struct{}, 1)}
		if nice, err := c.lookPath("nice"); err == nil {
			p.nice = nice
		}
		return p, nil
	}
	return nil, fmt.Errorf("pocketsphinx model en-us (Debian packages %s): %w", PocketSphinxPackages, ErrNotInstalled)
}

// Name is "pocketsphinx".
func (p *PocketSphinx) Name() string { return "pocketsphinx" }

// Transcribe runs one process over the whole of a. It waits for its turn, and then
// for as long as the configuration allows; when ctx or that time ends the process
// and whatever it started are killed.
func (p *PocketSphinx) Transcribe(ctx context.Context, a Audio) (Transcript, error) {
	t := Transcript{Engine: p.Name(), Language: "en"}
	if len(a.Samples) == 0 {
		return t, nil
	}
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return Transcript{}, interrupted(p.Name(), ctx)
	}
	raw, err := p.sound(a)
	if err != nil {
		return Transcript{}, err
	}
	defer func() { _ = raw.Close() }()

	run, cancel := context.WithTimeout(ctx, p.cfg.limit(a))
	defer cancel()
	hypothesis, words, err := p.run(run, raw)
	if err != nil {
		if run.Err() != nil {
			return Transcript{}, interrupted(p.Name(), ctx)
		}
		return Transcript{}, err
	}
	t.Text = parseHypothesis(hypothesis)
	if t.Text != "" {
		t.Confidence = parseConfidence(words)
	}
	return t, nil
}

// sound writes a where the process can seek in it. The file loses its name before
// anything is in it: whatever happens to either process, nothing of a call stays on the disk.
func (p *PocketSphinx) sound(a Audio) (*os.File, error) {
	f, err := os.CreateTemp(p.cfg.TempDir, "speech-")
	if err != nil {
		return nil, fmt.Errorf("make room for a recording: %w", err)
	}
	err = os.Remove(f.Name())
	if err == nil {
		err = binary.Write(f, binary.LittleEndian, Resample(a, pocketSphinxRate).Samples)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("hand over a recording: %w", err)
	}
	return f, nil
}

// The process finds the recording as descriptor 3, reads the list of recordings
// from its standard input, writes the text to its standard output and the words
// with their posteriors to descriptor 4. What it logs holds the words as well, and
// is only counted.
func (p *PocketSphinx) run(ctx context.Context, raw *os.File) (hypothesis, words []byte, err error) {
	args := []string{
		p.binary,
		"-hmm", filepath.Join(p.model, "en-us"),
		"-lm", filepath.Join(p.model, "en-us.lm.bin"),
		"-dict", filepath.Join(p.model, "cmudict-en-us.dict"),
		"-adcin", "yes", "-adchdr", "0", "-input_endian", "little",
		"-ctl", "/dev/stdin", "-cepdir", "/dev/fd", "-cepext", "",
		"-hyp", "/dev/stdout", "-ctm", "/dev/fd/4",
	}
	if p.nice != "" {
		args = append([]string{p.nice, "-n", "19"}, args...)
	}
	ctm, ctmWriter, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("open pipe: %w", err)
	}
	defer func() { _ = ctm.Close() }()

	var out, ctmOut capped
	var log errorLines
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin = strings.NewReader("3\n")
	cmd.Stdout = &out
	cmd.Stderr = &log
	cmd.ExtraFiles = []*os.File{raw, ctmWriter}
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"} // none of our settings, which hold tokens
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	err = cmd.Start()
	_ = ctmWriter.Close() // the process has its own
	if err != nil {
		return nil, nil, &Error{Engine: p.Name(), Reason: Failed}
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(&ctmOut, ctm) // without posteriors there is still the text
	}()
	err = cmd.Wait()
	select {
	case <-copied:
	case <-time.After(cmd.WaitDelay): // a grandchild keeps the pipe open
		_ = ctm.Close()
		<-copied
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return nil, nil, &Error{Engine: p.Name(), Reason: Failed, Status: exit.ExitCode(), LogErrors: log.errors}
	case err != nil:
		return nil, nil, &Error{Engine: p.Name(), Reason: Failed, Temporary: true}
	case out.full:
		return nil, nil, &Error{Engine: p.Name(), Reason: Oversized}
	case len(out.kept) == 0:
		// A hypothesis line, even an empty one, is always written; without one the
		// model or the sound could not be read, which the exit status doesn't tell.
		return nil, nil, &Error{Engine: p.Name(), Reason: Unreadable, LogErrors: log.errors}
	}
	return out.kept, ctmOut.kept, nil
}

// score is what follows the words of a hypothesis: the recording's name and its score.
var score = regexp.MustCompile(`\s*\(\S+( -?\d+)?\)\s*$`)

// parseHypothesis takes the words out of "words of the text (3 -13904)".
func parseHypothesis(b []byte) string {
	return plain(score.ReplaceAllString(string(b), ""))
}

// parseConfidence is the mean posterior of the words in a CTM file, whose lines
// are recording, channel, begin, duration, word, posterior (NIST sctk, ctm(5)),
// weighted by how long each word lasts. It is 0 when there is none.
func parseConfidence(b []byte) float64 {
	var sum, length float64
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 6 {
			continue
		}
		d, err1 := strconv.ParseFloat(f[3], 64)
		c, err2 := strconv.ParseFloat(f[5], 64)
		known := err1 == nil && err2 == nil && d > 0 && c >= 0 && c <= 1 // not so for NaN
		if !known {
			continue
		}
		sum += d * c
		length += d
	}
	if length == 0 {
		return 0
	}
	return sum / length
}

// plain is text on one line: single spaces, valid UTF-8, nothing that isn't printed.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// capped keeps the first maxHypothesis bytes and swallows the rest, so that the
// process on the other side is not stopped by a full pipe.
type capped struct {
	kept []byte
	full bool
}

func (c *capped) Write(b []byte) (int, error) {
	keep := min(len(b), maxHypothesis-len(c.kept))
	c.kept = append(c.kept, b[:keep]...)
	c.full = c.full || keep < len(b)
	return len(b), nil
}

// errorLines counts the lines of a log that begin with an error and keeps none.
type errorLines struct {
	errors int
	begin  []byte // of the line being read
	skip   bool
}

func (l *errorLines) Write(b []byte) (int, error) {
	for _, c := range b {
		switch {
		case c == '\n':
			l.begin, l.skip = l.begin[:0], false
		case l.skip:
		default:
			if l.begin = append(l.begin, c); len(l.begin) == len("ERROR") {
				l.skip = true
				if s := string(l.begin); s == "ERROR" || s == "FATAL" {
					l.errors++
				}
			}
		}
	}
	return len(b), nil
}
