package speech

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func nothingInstalled(string) (string, error) { return "", exec.ErrNotFound }

func TestNewChoosesTheServerThenPocketSphinxThenNothing(t *testing.T) {
	pocketSphinx(t, Config{})
	for name, c := range map[string]struct {
		c    Config
		want string
	}{
		"a server":              {Config{URL: "http://127.0.0.1:8081", Model: "small"}, "server:small"},
		"an installed program":  {Config{}, "pocketsphinx"},
		"neither":               {Config{LookPath: nothingInstalled}, ""},
		"a server, no programs": {Config{URL: "http://127.0.0.1:8081", LookPath: nothingInstalled}, "server:" + DefaultModel},
	} {
		e, err := New(c.c)
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case e == nil && c.want != "", e != nil && e.Name() != c.want:
			t.Errorf("%s: got %v, want %q", name, e, c.want)
		}
	}
	if e, err := New(Config{URL: "speech:8081"}); err == nil || e != nil {
		t.Errorf("a wrong address: %v, %v; falling back would hide it", e, err)
	}
}

func TestFindPocketSphinxSaysWhatToInstall(t *testing.T) {
	if _, err := FindPocketSphinx(); err != nil {
		t.Errorf("apt-get install %s: %v", PocketSphinxPackages, err)
	}
	_, err := findPocketSphinx(Config{LookPath: nothingInstalled})
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), PocketSphinxPackages) {
		t.Errorf("got %v", err)
	}
}

func TestFindPocketSphinxPrefersTheModelBesideTheProgram(t *testing.T) {
	prefix := t.TempDir()
	model := filepath.Join(prefix, "share", "pocketsphinx", "model", "en-us")
	if err := os.MkdirAll(model, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(model, "en-us.lm.bin"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := findPocketSphinx(Config{LookPath: func(program string) (string, error) {
		return filepath.Join(prefix, "bin", program), nil
	}})
	if err != nil || p.model != model {
		t.Errorf("got %+v, %v, want the model in %s", p, err, model)
	}
}

func TestSpeakMakesATelephoneRecording(t *testing.T) {
	a := said(t, "hello, this is a test of the line")
	if a.Rate != 8000 || Duration(a) < time.Second || Duration(a) > 10*time.Second || Silent(a) {
		t.Errorf("%v at %d Hz, silent %v", Duration(a), a.Rate, Silent(a))
	}
	if d := Duration(said(t, strings.Repeat("one two three ", 20))); d < 2*Duration(a) {
		t.Errorf("much more text took %v, the first took %v", d, Duration(a))
	}
	// What looks like an option or markup is text.
	if Silent(said(t, "--help")) || Silent(said(t, "<b>hello & goodbye</b>")) {
		t.Error("nothing was said")
	}
	if a := said(t, " \n\x00 "); a.Rate != 8000 || len(a.Samples) != 0 {
		t.Errorf("no words became %d samples at %d Hz", len(a.Samples), a.Rate)
	}
}

func TestSpeakRefuses(t *testing.T) {
	if _, err := Speak(context.Background(), strings.Repeat("é", MaxSpoken+1)); !errors.Is(err, ErrTextTooLong) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Speak(ctx, "hello"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Speak(context.Background(), "hello"); !errors.Is(err, ErrNoVoice) {
		t.Errorf("got %v", err)
	}
}
