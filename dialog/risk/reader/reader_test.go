package reader_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"helpline/dialog"
	"helpline/dialog/risk/reader"
)

const secret = "he told me which hymns, wing B"

// What servers answer with round the model's words, as their sources and
// manuals show it.
const (
	llamaCPP = `{"choices":[{"finish_reason":"stop","index":0,"message":{"role":"assistant","content":%s}}],"created":1763800000,"model":"local","system_fingerprint":"b7100-abc","object":"chat.completion","usage":{"completion_tokens":31,"prompt_tokens":520,"total_tokens":551},"id":"chatcmpl-x","timings":{"prompt_n":520,"predicted_n":31}}`
	ollama   = `{"id":"chatcmpl-554","object":"chat.completion","created":1763800000,"model":"local","system_fingerprint":"fp_ollama","choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":{"prompt_tokens":520,"completion_tokens":31,"total_tokens":551}}`
	vLLM     = `{"id":"chatcmpl-8","object":"chat.completion","created":1763800000,"model":"local","choices":[{"index":0,"message":{"role":"assistant","reasoning_content":null,"content":%s,"tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null}],"usage":{"prompt_tokens":520,"total_tokens":551,"completion_tokens":31,"prompt_tokens_details":null},"prompt_logprobs":null}`
)

// endpoint answers every request with a status and a body.
func endpoint(t *testing.T, status int, body string, seen func(r *http.Request, body []byte)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read request: %v", err)
		}
		if seen != nil {
			seen(r, asked)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // a reader that has read enough hangs up
	}))
	t.Cleanup(s.Close)
	return s
}

// says is the body in which a server of one kind brings a model's words.
func says(t *testing.T, server, words string) string {
	t.Helper()
	b, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(server, b)
}

func open(t *testing.T, o reader.Options) *reader.Reader {
	t.Helper()
	if o.Model == "" {
		o.Model = "local"
	}
	r, err := reader.New(os.DirFS("../../../content/risk"), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReadSendsTheMessagesAndNothingElse(t *testing.T) {
	var path, key, question string
	var sent map[string]any
	s := endpoint(t, http.StatusOK, says(t, llamaCPP, `{"level":"urgent","who":"prisoner","words":"which hymns"}`), func(r *http.Request, body []byte) {
		path, key = r.URL.Path, r.Header.Get("Authorization")
		if err := json.Unmarshal(body, &sent); err != nil {
			t.Errorf("request is not JSON: %v", err)
		}
		question = sent["messages"].([]any)[1].(map[string]any)["content"].(string)
		for name := range r.Header {
			switch name {
			case "Authorization", "Content-Type", "Content-Length", "User-Agent", "Accept-Encoding":
			default:
				t.Errorf("also sent the header %s", name)
			}
		}
	})
	got, err := open(t, reader.Options{URL: s.URL + "/v1", Model: "small", Key: "k1"}).Read(context.Background(), secret,
		[]string{"hiya im on 07700 900123", "his number is A1234BC, born 12/03/1990, jo.price@mail.example"})
	if err != nil {
		t.Fatal(err)
	}
	want := dialog.Assessment{Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Evidence: []dialog.Evidence{{Sign: reader.Sign, Text: "which hymns"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if path != "/v1/chat/completions" || key != "Bearer k1" || sent["model"] != "small" {
		t.Errorf("asked %s with %q for %v", path, key, sent["model"])
	}
	if want := `{"before":["hiya im on 07700 900000","his number is A0000AA, born 1 January 1990, name@example.org"],"newest":"he told me which hymns, wing B"}`; question != want {
		t.Errorf("sent %s, want %s", question, want)
	}
	for k := range sent {
		switch k {
		case "model", "messages", "temperature", "max_tokens", "response_format":
		default:
			t.Errorf("also sent %q", k)
		}
	}
}

func TestAnswersOfAllShapes(t *testing.T) {
	urgent := dialog.Assessment{Level: dialog.LevelUrgent, Who: dialog.WhoPrisoner, Evidence: []dialog.Evidence{{Sign: reader.Sign, Text: "which hymns"}}}
	for _, c := range []struct {
		name, server, content string
		want                  dialog.Assessment
		fails                 bool
	}{
		{"plain, llama.cpp", llamaCPP, `{"level":"urgent","who":"prisoner","words":"which hymns"}`, urgent, false},
		{"plain, Ollama", ollama, `{"level":"urgent","who":"prisoner","words":"which hymns"}`, urgent, false},
		{"plain, vLLM", vLLM, `{"level":"urgent","who":"prisoner","words":"which hymns"}`, urgent, false},
		{"fenced", ollama, "```json\n{\"level\": \"immediate\", \"who\": \"caller\"}\n```", dialog.Assessment{Level: dialog.LevelImmediate, Who: dialog.WhoCaller}, false},
		{"prose with braces round it", vLLM, `Sure! {I think} the level is: {"level":"urgent","who":"prisoner","words":"which hymns"}. Hope that {helps}.`, urgent, false},
		{"thinks aloud first", llamaCPP, `<think>{"level":"none"} would be wrong here</think>{"level":"urgent","who":"prisoner","words":"which hymns"}`, urgent, false},
		{"capitals", ollama, `{"level":" Urgent ","who":"prisoner","words":"Which Hymns"}`, urgent, false},
		{"words that nobody wrote are dropped", ollama, `{"level":"concern","who":"prisoner","words":"he will die"}`, dialog.Assessment{Level: dialog.LevelConcern, Who: dialog.WhoPrisoner}, false},
		{"nobody known at risk", ollama, `{"level":"concern","who":"everybody"}`, dialog.Assessment{Level: dialog.LevelConcern, Who: dialog.WhoNone}, false},
		{"none", ollama, `{"level":"none","who":"none","words":""}`, dialog.Assessment{Who: dialog.WhoNone}, false},
		{"no object", ollama, "urgent", dialog.Assessment{}, true},
		{"no level", ollama, `{"who":"prisoner"}`, dialog.Assessment{}, true},
		{"no such level", ollama, `{"level":"grave"}`, dialog.Assessment{}, true},
		{"a number for a level", ollama, `{"level":3}`, dialog.Assessment{}, true},
		{"cut off", ollama, `{"level":"urgent","who":"pris`, dialog.Assessment{}, true},
		{"empty", ollama, "", dialog.Assessment{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := endpoint(t, http.StatusOK, says(t, c.server, c.content), nil)
			got, err := open(t, reader.Options{URL: s.URL}).Read(context.Background(), secret, nil)
			if c.fails != errors.Is(err, reader.ErrUnreadable) || !c.fails && err != nil {
				t.Fatalf("error %v", err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestWhatIsNoAnswer(t *testing.T) {
	for name, body := range map[string]string{
		"HTML":        "<!doctype html><title>502</title><p>Bad gateway",
		"nothing":     "",
		"no choices":  `{"object":"chat.completion","choices":[]}`,
		"null":        `{"choices":[{"message":{"role":"assistant","content":null,"reasoning_content":"hm"}}]}`,
		"an array":    `[1,2,3]`,
		"an error":    `{"error":{"message":"model not found","type":"api_error","param":null,"code":null}}`,
		"without end": `{"choices":[{"message":{"content":"` + strings.Repeat("a", 200<<10),
	} {
		s := endpoint(t, http.StatusOK, body, nil)
		if _, err := open(t, reader.Options{URL: s.URL}).Read(context.Background(), secret, nil); !errors.Is(err, reader.ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFailuresAreErrorsWithoutWords(t *testing.T) {
	refuses := endpoint(t, http.StatusServiceUnavailable, `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`, nil)
	broken := endpoint(t, http.StatusInternalServerError, secret, nil)
	elsewhere := endpoint(t, http.StatusOK, says(t, ollama, `{"level":"immediate"}`), func(*http.Request, []byte) { t.Error("a message was carried on to another address") })
	moves := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(moves.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for _, c := range []struct {
		name, url string
		status    reader.StatusError
	}{
		{"refuses", refuses.URL, http.StatusServiceUnavailable},
		{"is broken", broken.URL, http.StatusInternalServerError},
		{"redirects", moves.URL, http.StatusTemporaryRedirect},
		{"is not there", strings.Replace(gone.URL, "http://", "http://user:pass@", 1), 0},
	} {
		_, err := open(t, reader.Options{URL: c.url}).Read(context.Background(), secret, nil)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		var status reader.StatusError
		if errors.As(err, &status) != (c.status != 0) || status != c.status {
			t.Errorf("%s: %v", c.name, err)
		}
		if strings.Contains(err.Error(), "hymns") || strings.Contains(err.Error(), "pass") {
			t.Errorf("%s: the error tells too much: %v", c.name, err)
		}
	}
}

func TestSlowReaderIsNotWaitedFor(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK) // the head comes at once, the words never
		w.(http.Flusher).Flush()
		<-release
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	start := time.Now()
	_, err := open(t, reader.Options{URL: s.URL, Timeout: 50 * time.Millisecond}).Read(context.Background(), secret, nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("waited %s", d)
	}
}

func TestNewChecksItsOptions(t *testing.T) {
	dir := os.DirFS("../../../content/risk")
	for _, o := range []reader.Options{{}, {URL: "http://127.0.0.1:1"}, {Model: "m"}, {URL: "ftp://x", Model: "m"}, {URL: "127.0.0.1:80", Model: "m"}} {
		if _, err := reader.New(dir, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	if _, err := reader.New(os.DirFS(t.TempDir()), reader.Options{URL: "http://127.0.0.1:1", Model: "m"}); err == nil {
		t.Error("a missing guide was accepted")
	}
}
