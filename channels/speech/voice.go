package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"
)

// ErrNoVoice means that espeak-ng, which speaks for the simulator, is not on this
// machine (Debian package espeak-ng).
var ErrNoVoice = errors.New("no voice: espeak-ng is not installed")

// ErrTextTooLong means more text than is spoken at once.
var ErrTextTooLong = errors.New("text too long to speak")

// MaxSpoken is how many characters [Speak] takes: some three minutes of talking.
const MaxSpoken = 2000

// telephoneRate is the rate of a telephone line and of Twilio's recordings.
const telephoneRate = 8000

// The voice is one of espeak-ng's that pocketsphinx understands best: of six
// sentences it got 66 % of the words wrong in this one, 86 to 95 % in the plain
// British and American voices.
const (
	voice          = "en-us+klatt2"
	wordsPerMinute = "140"
)

// Speak has text spoken by espeak-ng as a WAV file such as a provider delivers: 8 kHz, one
// channel, 16 bits. It serves callers who are pretended: the simulator and tests. Text without a word gives a file without samples. Errors are
// [ErrNoVoice], [ErrTextTooLong], or a process that failed or ran out of time.
func Speak(ctx context.Context, text string) ([]byte, error) {
	if utf8.RuneCountInString(text) > MaxSpoken {
		return nil, ErrTextTooLong
	}
	espeak, err := exec.LookPath("espeak-ng")
	if err != nil {
		return nil, ErrNoVoice
	}
	a := Audio{Rate: telephoneRate}
	if text = plain(text); text != "" {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		// The text goes through standard input: arguments are open to every process of the machine.
		cmd := exec.CommandContext(ctx, espeak, "-v", voice, "-s", wordsPerMinute, "-b", "1", "--stdin", "--stdout")
		cmd.Stdin = strings.NewReader(text + "\n")
		cmd.WaitDelay = time.Second
		ownGroup(cmd)
		out, err := cmd.Output()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("speak: %w", ctx.Err())
		}
		if err != nil {
			return nil, fmt.Errorf("speak: %w", err)
		}
		spoken, err := Decode(bytes.NewReader(out))
		if err != nil {
			return nil, fmt.Errorf("speak: %w", err)
		}
		a = Resample(spoken, telephoneRate)
	}
	var wav bytes.Buffer
	if err := Encode(&wav, a); err != nil {
		return nil, fmt.Errorf("speak: %w", err)
	}
	return wav.Bytes(), nil
}
