package speech

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Words that a caller might have said and a server might repeat in an error.
const secret = "he gave his trainers away"

func tone() Audio {
	a := Audio{Rate: 8000, Samples: make([]int16, 8000)}
	for i := range a.Samples {
		a.Samples[i] = int16(i % 400 * 20)
	}
	return a
}

// serve starts an outside transcription server that answers with h.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func server(t *testing.T, c Config) *Server {
	t.Helper()
	s, err := NewServer(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServerIsSentAWholeFormAndNothingElse(t *testing.T) {
	type part struct{ Name, File, Type, Value string }
	var (
		path, key, agent string
		length           int64
		parts            []part
		audio            Audio
		failure          error
	)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path, key, agent, length = r.Method+" "+r.URL.Path, r.Header.Get("Authorization"), r.UserAgent(), r.ContentLength
		_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		failure = err
		form := multipart.NewReader(r.Body, params["boundary"])
		for failure == nil {
			p, err := form.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if failure = err; err != nil {
				break
			}
			if p.FormName() == "file" {
				audio, failure = Decode(p)
				parts = append(parts, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), ""})
				continue
			}
			value, err := io.ReadAll(p)
			failure = err
			parts = append(parts, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(value)})
		}
		_, _ = io.WriteString(w, `{"text":" hello"}`)
	})
	s := server(t, Config{URL: url + "/v1/", Model: "small", Key: "k"})
	got, err := s.Transcribe(context.Background(), tone())
	if err != nil || failure != nil {
		t.Fatal(err, failure)
	}
	if diff := cmp.Diff(Transcript{Text: "hello", Engine: "server:small", Language: "en"}, got); diff != "" {
		t.Error(diff)
	}
	want := []part{{"model", "", "", "small"}, {"response_format", "", "", "json"}, {"language", "", "", "en"}, {"file", "recording.wav", "audio/wav", ""}}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Error(diff)
	}
	if path != "POST /v1/audio/transcriptions" || key != "Bearer k" || length <= 0 {
		t.Errorf("%s, key %q, user agent %q, length %d", path, key, agent, length)
	}
	if audio.Rate != 16000 || Duration(audio) != time.Second {
		t.Errorf("sent %v at %d Hz, want 1s at 16000", Duration(audio), audio.Rate)
	}
}

// The shapes in which servers answer; the first of each pair is what whisper.cpp's
// server sends for its formats, with and without errors.
func TestServerReadsEveryShapeOfAnswer(t *testing.T) {
	const json, html, text = "application/json", "text/html; charset=utf-8", "text/plain; charset=utf-8"
	for name, c := range map[string]struct {
		status     int
		kind, body string
		want       Transcript
		err        *Error
	}{
		"JSON":                       {200, json, "{\"text\":\" Hello.\\n He gave it away.\\n\"}", Transcript{Text: "Hello. He gave it away."}, nil},
		"with language":              {200, json, `{"task":"transcribe","language":"english","duration":2.2,"text":"Hello.","segments":[]}`, Transcript{Text: "Hello."}, nil},
		"another language":           {200, json, `{"language":"cy","text":"Helo."}`, Transcript{Text: "Helo.", Language: "cy"}, nil},
		"no such language":           {200, json, `{"language":"<b>he said</b>","text":"Hello."}`, Transcript{Text: "Hello."}, nil},
		"JSON as HTML":               {200, html, `{"text":"Hello."}`, Transcript{Text: "Hello."}, nil},
		"text as HTML":               {200, html, " Hello.\n He gave it away.\n", Transcript{Text: "Hello. He gave it away."}, nil},
		"plain text":                 {200, text, "Hello.\n", Transcript{Text: "Hello."}, nil},
		"no type":                    {200, "", "Hello.", Transcript{Text: "Hello."}, nil},
		"created":                    {201, json, `{"text":"Hello."}`, Transcript{Text: "Hello."}, nil},
		"nobody spoke":               {200, json, `{"text":" [BLANK_AUDIO]\n"}`, Transcript{}, nil},
		"no words":                   {200, json, `{"text":""}`, Transcript{}, nil},
		"empty":                      {200, text, "", Transcript{}, nil},
		"control characters":         {200, json, `{"text":"Hel\u0000lo\u202e \u001b[31mred"}`, Transcript{Text: "Hello [31mred"}, nil},
		"invalid UTF-8":              {200, text, "Hello \xff there", Transcript{Text: "Hello \uFFFD there"}, nil},
		"an error with 200":          {200, json, `{"error":"` + secret + `"}`, Transcript{}, &Error{Reason: Refused, Status: 200, Type: json}},
		"JSON without a text":        {200, json, `{"segments":["` + secret + `"]}`, Transcript{}, &Error{Reason: Unreadable, Status: 200, Type: json}},
		"a text that is none":        {200, json, `{"text":["` + secret + `"]}`, Transcript{}, &Error{Reason: Unreadable, Status: 200, Type: json}},
		"broken JSON":                {200, json, `{"text":"` + secret, Transcript{}, &Error{Reason: Unreadable, Status: 200, Type: json}},
		"the page of another server": {200, html, "<!DOCTYPE html><p>" + secret, Transcript{}, &Error{Reason: Unreadable, Status: 200, Type: "text/html"}},
		"huge":                       {200, text, strings.Repeat(secret, maxAnswer/len(secret)+1), Transcript{}, &Error{Reason: Oversized, Status: 200, Type: "text/plain"}},
		"refused, whisper.cpp":       {400, text, "Invalid request: " + secret, Transcript{}, &Error{Reason: Refused, Status: 400, Type: "text/plain"}},
		"refused, OpenAI":            {400, json, `{"error":{"message":"` + secret + `"}}`, Transcript{}, &Error{Reason: Refused, Status: 400, Type: json}},
		"failed, whisper.cpp":        {500, text, "Internal Server Error: " + secret, Transcript{}, &Error{Reason: Refused, Status: 500, Type: "text/plain", Temporary: true}},
		"failed, JSON":               {500, json, `{"error":"failed to process audio"}`, Transcript{}, &Error{Reason: Refused, Status: 500, Type: json, Temporary: true}},
		"model is being loaded":      {503, json, `{"status":"loading model"}`, Transcript{}, &Error{Reason: Refused, Status: 503, Type: json, Temporary: true, After: 7 * time.Second}},
		"too many":                   {429, json, `{}`, Transcript{}, &Error{Reason: Refused, Status: 429, Type: json, Temporary: true, After: 7 * time.Second}},
		"wrong key":                  {401, json, `{}`, Transcript{}, &Error{Reason: Refused, Status: 401, Type: json}},
		"no such path":               {404, html, "<h1>Not found</h1>", Transcript{}, &Error{Reason: Refused, Status: 404, Type: "text/html"}},
		"too large":                  {413, "", "", Transcript{}, &Error{Reason: Refused, Status: 413}},
		"not implemented":            {501, "", "", Transcript{}, &Error{Reason: Refused, Status: 501}},
		"a type with words in it":    {422, "x/" + strings.ReplaceAll(secret, " ", "-"), "", Transcript{}, &Error{Reason: Refused, Status: 422, Type: "other type"}},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header()["Content-Type"] = nil // keep net/http from guessing
				if c.kind != "" {
					w.Header().Set("Content-Type", c.kind)
				}
				if c.status == 429 || c.status == 503 {
					w.Header().Set("Retry-After", "7")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			got, err := server(t, Config{URL: url}).Transcribe(context.Background(), tone())
			if c.err == nil {
				c.want.Engine = "server:" + DefaultModel
				if c.want.Language == "" {
					c.want.Language = "en"
				}
				if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
					t.Error(err, diff)
				}
				return
			}
			c.err.Engine = "server:" + DefaultModel
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %+v, %v, want %v", got, err, c.err)
			}
			if diff := cmp.Diff(c.err, e, cmpopts.IgnoreUnexported(Error{})); diff != "" {
				t.Error(diff)
			}
			for _, w := range []string{"trainers", "he-gave", "://"} {
				if strings.Contains(err.Error(), w) {
					t.Errorf("%q is in the error: %v", w, err)
				}
			}
		})
	}
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	release := make(chan struct{})
	hanging := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	breaking := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, secret)
		panic(http.ErrAbortHandler)
	})
	short := 50 * time.Millisecond
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancelLate := context.WithTimeout(context.Background(), short)
	defer cancelLate()
	for name, c := range map[string]struct {
		ctx   context.Context
		url   string
		limit time.Duration
		want  Error
		cause error
	}{
		"our limit passes":          {context.Background(), hanging, short, Error{Reason: TimedOut, Temporary: true}, context.DeadlineExceeded},
		"the caller's limit passes": {late, hanging, 0, Error{Reason: TimedOut, Temporary: true}, context.DeadlineExceeded},
		"the caller gives up":       {cancelled, hanging, 0, Error{Reason: Cancelled}, context.Canceled},
		"nobody listens":            {context.Background(), gone.URL, 0, Error{Reason: Unreachable, Temporary: true}, nil},
		"the answer breaks off":     {context.Background(), breaking, 0, Error{Reason: Unreachable, Temporary: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := server(t, Config{URL: c.url, Timeout: c.limit}).Transcribe(c.ctx, tone())
			var e *Error
			if !errors.As(err, &e) || e.Reason != c.want.Reason || e.Temporary != c.want.Temporary {
				t.Fatalf("got %v, want %v", err, c.want.Reason)
			}
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v is not %v", err, c.cause)
			}
			if strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "trainers") {
				t.Errorf("too much in the error: %v", err)
			}
		})
	}
}

func TestServerFollowsNoRedirect(t *testing.T) {
	var taken atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { taken.Add(1) })
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other, http.StatusTemporaryRedirect)
	})
	_, err := server(t, Config{URL: url}).Transcribe(context.Background(), tone())
	var e *Error
	if !errors.As(err, &e) || e.Status != 307 || e.Temporary {
		t.Errorf("got %v", err)
	}
	if taken.Load() != 0 {
		t.Error("the recording went to a host that nobody configured")
	}
}

func TestServerIsNotAskedAboutNothing(t *testing.T) {
	url := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") })
	got, err := server(t, Config{URL: url}).Transcribe(context.Background(), Audio{Rate: 8000})
	if err != nil || got.Text != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTranscriptionsURL(t *testing.T) {
	for in, want := range map[string]string{
		"http://127.0.0.1:8081":                               "http://127.0.0.1:8081/v1/audio/transcriptions",
		"http://speech:8081/":                                 "http://speech:8081/v1/audio/transcriptions",
		"https://speech.example/v1":                           "https://speech.example/v1/audio/transcriptions",
		"https://speech.example/v1/":                          "https://speech.example/v1/audio/transcriptions",
		"https://example.org/speech":                          "https://example.org/speech/v1/audio/transcriptions",
		"https://example.org/speech/v1":                       "https://example.org/speech/v1/audio/transcriptions",
		"https://example.org/v1/audio/transcriptions":         "https://example.org/v1/audio/transcriptions",
		"http://speech:8081/inference":                        "http://speech:8081/inference",
		"http://[::1]:8081":                                   "http://[::1]:8081/v1/audio/transcriptions",
		"http://name:pass@speech.example/v1":                  "http://name:pass@speech.example/v1/audio/transcriptions",
		"speech:8081":                                         "",
		"127.0.0.1:8081":                                      "",
		"ftp://speech.example":                                "",
		"http://":                                             "",
		"https://speech.example/v1?key=pass":                  "",
		"https://name:pass@speech.example:port/v1":            "",
		"https://speech.example/#pass":                        "",
		"https://name:pass@speech.example/%zz":                "",
		"":                                                    "",
		"http://name:pass@speech.example/\x7f":                "",
		"https://example.org/openai/v1/audio/transcriptions/": "https://example.org/openai/v1/audio/transcriptions",
	} {
		got, err := transcriptionsURL(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pass") {
			t.Errorf("%q: a password is in the error: %v", in, err)
		}
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, s := range []string{"", "Hello.", `{"text":"Hello."}`, `{"error":"x"}`, "<html>", `{"text":null}`, `{"text":"a","language":"english"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, language, reason := readAnswer(b)
		if reason != "" && (text != "" || language != "") {
			t.Fatalf("a failure with words: %q %q", text, language)
		}
		if text != plain(text) || strings.ContainsAny(text, "\n\r\x00") || len(language) > 35 {
			t.Fatalf("not one plain line: %q %q", text, language)
		}
	})
}
