package speech

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// require fails the test when a program that tests use is missing, naming the Debian package that has it.
func require(t testing.TB, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Fatalf("%s is needed by this test: apt-get install %s", program, debian)
	}
}

// command runs a program over in and returns what it wrote.
func command(t testing.TB, in []byte, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = bytes.NewReader(in)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, errs.String())
	}
	return out
}

// sox makes a recording; -R makes its noise the same on every run.
func sox(t testing.TB, in []byte, args string) []byte {
	t.Helper()
	require(t, "sox", "sox")
	return command(t, in, "sox", append([]string{"-R", "-V1"}, strings.Fields(args)...)...)
}

// synth is a recording of 8 kHz that sox makes of nothing.
func synth(t testing.TB, effects string) Audio {
	t.Helper()
	return decoded(t, sox(t, nil, "-n -r 8000 -c 1 -b 16 -t wav - "+effects))
}

// spoken8k is text in one of espeak-ng's voices as the telephone brings it, run through sox's effects.
func spoken8k(t testing.TB, voice, text, effects string) Audio {
	t.Helper()
	require(t, "espeak-ng", "espeak-ng")
	wav := command(t, []byte(text+"\n"), "espeak-ng", "-v", voice, "--stdin", "--stdout")
	return decoded(t, sox(t, wav, "--ignore-length -t wav - -r 8000 -c 1 -b 16 -t wav - "+effects))
}

func decoded(t testing.TB, wav []byte) Audio {
	t.Helper()
	a, err := Decode(bytes.NewReader(wav))
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	return a
}

// mixed adds two recordings; the longer one gives the length.
func mixed(a, b Audio) Audio {
	if len(b.Samples) > len(a.Samples) {
		a, b = b, a
	}
	out := Audio{Samples: append([]int16(nil), a.Samples...), Rate: a.Rate}
	for i, s := range b.Samples {
		out.Samples[i] = clip16(float64(out.Samples[i]) + float64(s))
	}
	return out
}
