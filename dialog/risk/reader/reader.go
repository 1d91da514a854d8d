package reader

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"helpline/dialog"
	"helpline/dialog/redact"
)

// Sign is what evidence of the second reader is listed under.
const Sign = "second-reader"

const (
	guideFile = "reader.md"
	// patience is how long an answer is waited for, unless Options say otherwise.
	patience = 2 * time.Second
	// longestAnswer is the most bytes of an answer that are read.
	longestAnswer = 64 << 10
	// mostBefore is how many earlier messages are sent.
	mostBefore = 10
	// longestText is the most bytes of one message that are sent.
	longestText = 4 << 10
	// mostTokens is the longest answer asked for: a level and a quotation.
	mostTokens = 120
)

// Options are the settings of the second reader.
type Options struct {
	// URL is the base of the chat endpoint, such as http://127.0.0.1:8000/v1,
	// or the whole of it, ending in /chat/completions.
	URL string
	// Model is the name that the endpoint knows the model by.
	Model string
	// Key is sent as a bearer token when it is not empty.
	Key string
	// Timeout is the most time that one reading may take; 0: two seconds.
	Timeout time.Duration
	// Client sends the requests; nil: http.DefaultTransport without redirects,
	// so that no message is carried on to another address.
	Client *http.Client
}

// Reader asks a language model for a level. It is safe for concurrent use.
type Reader struct {
	endpoint, model, key, guide string
	timeout                     time.Duration
	client                      *http.Client
}

// ErrUnreadable says that the endpoint answered, but not with an opinion.
var ErrUnreadable = errors.New("second reader: the answer holds no opinion")

// StatusError says that the endpoint refused, with its HTTP status.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("second reader: HTTP status %d", int(e)) }

// New reads the guide from content/risk and checks the options. The URL and the
// model must be set.
func New(dir fs.FS, o Options) (*Reader, error) {
	guide, err := fs.ReadFile(dir, guideFile)
	if err != nil {
		return nil, fmt.Errorf("read the second reader's guide: %w", err)
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		// the URL itself may hold a password
		return nil, errors.New("second reader: the URL is not an http or https address")
	}
	if o.Model == "" {
		return nil, errors.New("second reader: no model named")
	}
	if !strings.HasSuffix(u.Path, "/chat/completions") {
		u = u.JoinPath("chat", "completions")
	}
	r := &Reader{endpoint: u.String(), model: o.Model, key: o.Key, guide: string(guide), timeout: o.Timeout, client: o.Client}
	if r.timeout <= 0 {
		r.timeout = patience
	}
	if r.client == nil {
		r.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return r, nil
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type chatRequest struct {
	Model          string            `json:"model"`
	Messages       []chatMessage     `json:"messages"`
	Temperature    float64           `json:"temperature"`
	MaxTokens      int               `json:"max_tokens"`
	ResponseFormat map[string]string `json:"response_format"`
}

type chatAnswer struct {
	Choices []struct {
		Message chatMessage `json:"message"`
	} `json:"choices"`
}

// Read asks what a message and what the same person wrote before, oldest first,
// tell: a level, who is at risk (WhoNone where that is not said), and as evidence
// the words that show it, where the model quoted words that stand in the
// messages. It returns within the timeout. The error is a context error, a
// StatusError, ErrUnreadable or one of the network, and never holds words of
// the message.
func (r *Reader) Read(ctx context.Context, text string, history []string) (dialog.Assessment, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	if len(history) > mostBefore {
		history = history[len(history)-mostBefore:]
	}
	asked := struct {
		Before []string `json:"before"`
		Newest string   `json:"newest"`
	}{Before: make([]string, len(history)), Newest: sent(text)}
	for i, h := range history {
		asked.Before[i] = sent(h)
	}
	question, err := json.Marshal(asked)
	if err != nil {
		return dialog.Assessment{}, fmt.Errorf("ask the second reader: %w", err)
	}
	body, err := json.Marshal(chatRequest{
		Model:          r.model,
		Messages:       []chatMessage{{"system", r.guide}, {"user", string(question)}},
		MaxTokens:      mostTokens,
		ResponseFormat: map[string]string{"type": "json_object"},
	})
	if err != nil {
		return dialog.Assessment{}, fmt.Errorf("ask the second reader: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.endpoint, bytes.NewReader(body))
	if err != nil {
		return dialog.Assessment{}, fmt.Errorf("ask the second reader: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+r.key)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL, which may hold a password
		}
		return dialog.Assessment{}, fmt.Errorf("ask the second reader: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // only read from
	if resp.StatusCode != http.StatusOK {
		return dialog.Assessment{}, StatusError(resp.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		return dialog.Assessment{}, fmt.Errorf("read the second reader's answer: %w", err)
	}
	var answer chatAnswer
	if err := json.Unmarshal(b, &answer); err != nil || len(answer.Choices) == 0 {
		return dialog.Assessment{}, ErrUnreadable
	}
	return parse(answer.Choices[0].Message.Content, append(history[:len(history):len(history)], text))
}

// sent is as much of a message as is sent, without what says who wrote it.
func sent(text string) string {
	if len(text) > longestText {
		text = text[:longestText]
	}
	return redact.Shapes(strings.ToValidUTF8(text, ""))
}

// opinion is the object that is asked for.
type opinion struct {
	Level *string    `json:"level"`
	Who   dialog.Who `json:"who"`
	Words string     `json:"words"`
}

// mostQuoted is the most words that are taken for a quotation: a model that
// quotes the whole message says nothing of why.
const mostQuoted = 12

// parse finds the opinion in what a model answered: models put fences and
// words around the object that was asked for, and think aloud before it. The
// last object that names a level counts.
func parse(content string, messages []string) (dialog.Assessment, error) {
	var found *opinion
	for at := 0; ; {
		i := strings.IndexByte(content[at:], '{')
		if i < 0 {
			break
		}
		at += i
		var o opinion
		d := json.NewDecoder(strings.NewReader(content[at:]))
		if err := d.Decode(&o); err != nil || o.Level == nil {
			at++
			continue
		}
		found = &o
		at += int(d.InputOffset())
	}
	if found == nil {
		return dialog.Assessment{}, ErrUnreadable
	}
	out := dialog.Assessment{Who: dialog.WhoNone}
	if err := out.Level.UnmarshalText([]byte(strings.ToLower(strings.TrimSpace(*found.Level)))); err != nil {
		return dialog.Assessment{}, ErrUnreadable
	}
	switch found.Who {
	case dialog.WhoPrisoner, dialog.WhoCaller, dialog.WhoChild, dialog.WhoOther:
		out.Who = found.Who
	case dialog.WhoNone:
	default: // what nobody asked for
	}
	// Only what somebody wrote is evidence.
	words := strings.TrimSpace(found.Words)
	if words == "" || len(strings.Fields(words)) > mostQuoted {
		return out, nil
	}
	for _, m := range messages {
		if i := strings.Index(strings.ToLower(m), strings.ToLower(words)); i >= 0 && i+len(words) <= len(m) && strings.EqualFold(m[i:i+len(words)], words) {
			out.Evidence = []dialog.Evidence{{Sign: Sign, Text: m[i : i+len(words)]}}
		}
	}
	return out, nil
}
