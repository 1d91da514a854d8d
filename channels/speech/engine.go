package speech

import (
	"context"
	"errors"
	"net/http"
	"os/exec"
	"time"
)

// Transcript is what an engine made of a recording. It is a draft, often wrong,
// and belongs beside the recording, not in its place.
type Transcript struct {
	Text       string  // one line without markup; empty when the engine heard no words
	Engine     string  // the engine's Name
	Language   string  // BCP 47 as the engine gave it, or "en", which is what is asked for
	Confidence float64 // mean over the words, 0 to 1; 0 is unknown
}

// Engine turns a recording into text. An Engine may be used by many goroutines at once.
type Engine interface {
	// Name says what wrote a transcript, for the label beside it and for metrics.
	Name() string
	// Transcribe returns a draft of what is said in a. An error that is worth
	// another try is an *Error with Temporary set. Errors contain no words of the
	// recording. Audio without samples gives an empty Text and no error. Callers ask
	// Silent first: some engines make up sentences when nobody speaks.
	Transcribe(ctx context.Context, a Audio) (Transcript, error)
}

// ErrNotInstalled means that the programs of a local engine are not on this machine.
var ErrNotInstalled = errors.New("not installed")

// Config chooses an engine. The zero value uses an installed pocketsphinx, if any.
type Config struct {
	URL     string        // of a server that speaks POST /v1/audio/transcriptions, with or without /v1; empty: none
	Model   string        // the model to ask that server for; empty: DefaultModel
	Key     string        // sent as a bearer token when not empty
	Timeout time.Duration // for one recording; 0: a time that grows with its length
	Client  *http.Client  // for the server; nil: one of its own that follows no redirects

	TempDir  string                       // where the local engine may keep a nameless file while it runs; empty: os.TempDir
	LookPath func(string) (string, error) // finds programs; nil: exec.LookPath
}

// New returns the engine that c describes: the server at c.URL, else an installed
// pocketsphinx, else nil. A nil Engine without an error is an ordinary state:
// recordings are kept and queued and nobody gets a draft. An error means that c is wrong.
func New(c Config) (Engine, error) {
	if c.URL != "" {
		s, err := NewServer(c)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	p, err := findPocketSphinx(c)
	if errors.Is(err, ErrNotInstalled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (c Config) lookPath(program string) (string, error) {
	if c.LookPath != nil {
		return c.LookPath(program)
	}
	return exec.LookPath(program)
}

// limit is how long one recording may take: c.Timeout, or a start and a multiple
// of what the recording lasts, since every engine here may share two busy cores.
func (c Config) limit(a Audio) time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return time.Minute + 4*Duration(a)
}
