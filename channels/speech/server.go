package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// DefaultModel is asked for when no model is configured. Servers with one model,
// such as whisper.cpp's, don't look at it.
const DefaultModel = "whisper-1"

// serverRate is what whisper takes; whisper.cpp's server refuses other rates unless it may call ffmpeg.
const serverRate = 16000

// maxAnswer bounds what is read of a server's answer.
const maxAnswer = 1 << 20

// Server asks a server that speaks OpenAI's POST /v1/audio/transcriptions:
// whisper.cpp's server (with --inference-path /v1/audio/transcriptions), speaches,
// LocalAI. Make one with [NewServer].
type Server struct {
	endpoint string
	cfg      Config
	client   *http.Client
}

// NewServer checks c and returns the engine for c.URL, without connecting to it.
func NewServer(c Config) (*Server, error) {
	endpoint, err := transcriptionsURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Model == "" {
		c.Model = DefaultModel
	}
	s := &Server{endpoint: endpoint, cfg: c, client: c.Client}
	if s.client == nil {
		s.client = &http.Client{
			// A redirected POST loses its body, or takes a recording to a host that nobody configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return s, nil
}

// transcriptionsURL completes what people write as a server's address: a host, a
// host with /v1 (OpenAI's clients call that the base URL), or the whole endpoint.
// whisper.cpp's own path, /inference, is left as it is.
func transcriptionsURL(base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", errors.New("speech server: not a URL") // the parser's error repeats it, with any password
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("speech server: want http://host:port or https://host, with or without /v1")
	}
	path := strings.TrimRight(u.Path, "/")
	switch {
	case strings.HasSuffix(path, "/audio/transcriptions"), strings.HasSuffix(path, "/inference"):
	case strings.HasSuffix(path, "/v1"):
		path += "/audio/transcriptions"
	default:
		path += "/v1/audio/transcriptions"
	}
	u.Path, u.RawPath = path, ""
	return u.String(), nil
}

// Name is "server:" and the model.
func (s *Server) Name() string { return "server:" + s.cfg.Model }

// Transcribe sends a as a WAV file of 16 kHz and reads the text out of whatever
// shape the server answers in. Nothing about the call goes with it, not even a file name.
func (s *Server) Transcribe(ctx context.Context, a Audio) (Transcript, error) {
	t := Transcript{Engine: s.Name(), Language: "en"}
	if len(a.Samples) == 0 {
		return t, nil
	}
	body, contentType, err := s.form(a)
	if err != nil {
		return Transcript{}, err
	}
	run, cancel := context.WithTimeout(ctx, s.cfg.limit(a))
	defer cancel()
	req, err := http.NewRequestWithContext(run, http.MethodPost, s.endpoint, bytes.NewReader(body))
	if err != nil {
		return Transcript{}, fmt.Errorf("make request to speech server: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json")
	if s.cfg.Key != "" {
		req.Header.Set("Authorization", "Bearer "+s.cfg.Key)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return Transcript{}, s.broken(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return Transcript{}, s.broken(ctx, err)
	}
	refusal := &Error{Engine: s.Name(), Status: res.StatusCode, Type: knownType(res.Header.Get("Content-Type"))}
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		refusal.Reason = Refused
		refusal.Temporary = worthRetrying(res.StatusCode)
		refusal.After = retryAfter(res.Header.Get("Retry-After"))
		return Transcript{}, refusal
	case len(answer) > maxAnswer:
		refusal.Reason = Oversized
		return Transcript{}, refusal
	}
	text, language, reason := readAnswer(answer)
	if reason != "" {
		refusal.Reason = reason
		return Transcript{}, refusal
	}
	t.Text = text
	if language != "" {
		t.Language = language
	}
	return t, nil
}

func (s *Server) form(a Audio) (body []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields := []struct{ name, value string }{{"model", s.cfg.Model}, {"response_format", "json"}, {"language", "en"}}
	for _, f := range fields {
		if err := w.WriteField(f.name, f.value); err != nil {
			return nil, "", fmt.Errorf("write form: %w", err)
		}
	}
	file, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="recording.wav"`},
		"Content-Type":        {"audio/wav"},
	})
	if err == nil {
		err = Encode(file, Resample(a, serverRate))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, "", fmt.Errorf("write form: %w", err)
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// broken is the error of a request that got no whole answer. What net/http says
// about it repeats the URL and is left out.
func (s *Server) broken(ctx context.Context, err error) error {
	var timeout net.Error
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		return interrupted(s.Name(), ctx)
	}
	return &Error{Engine: s.Name(), Reason: Unreachable, Temporary: true}
}

// readAnswer takes the text out of a 2xx answer. The content type is no help:
// whisper.cpp sends plain text as text/html, and older ones their errors as JSON
// with 200. So the body decides: an object must have a text, markup is the page of some other
// server, anything else is the text itself.
func readAnswer(b []byte) (text, language string, reason Reason) {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		return "", "", ""
	case b[0] == '<':
		return "", "", Unreadable
	case b[0] != '{':
		return spoken(string(b)), "", ""
	}
	var answer struct {
		Text     *string         `json:"text"`
		Language string          `json:"language"`
		Error    json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return "", "", Unreadable
	}
	switch {
	case answer.Text != nil:
		return spoken(*answer.Text), languageTag(answer.Language), ""
	case len(answer.Error) > 0 && string(answer.Error) != "null":
		return "", "", Refused
	}
	return "", "", Unreadable
}

// spoken is the text without whisper's mark for silence.
func spoken(s string) string {
	return plain(strings.ReplaceAll(s, "[BLANK_AUDIO]", " "))
}

// languageTag lets through what looks like a language and gives whisper's English name for English a tag.
func languageTag(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "english" {
		return "en"
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '-' {
			return ""
		}
	}
	if len(s) > 35 { // RFC 5646, section 4.4.1
		return ""
	}
	return s
}

// worthRetrying tells a server that is busy, starting or broken from one that
// will refuse the same recording again. whisper.cpp answers 500 when it fails on
// a recording or is out of memory; both have been seen to pass.
func worthRetrying(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests, 499:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// retryAfter reads a Retry-After header in seconds (RFC 9110, section 10.2.3), at most an hour.
func retryAfter(header string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || n < 0 {
		return 0
	}
	return min(time.Duration(min(n, 3600))*time.Second, time.Hour)
}

// knownType names the media type of an answer when it is one that servers send;
// any other is "other type", since a header is as free as a body.
func knownType(header string) string {
	t, _, err := mime.ParseMediaType(header)
	if header == "" || err != nil {
		return ""
	}
	if !slices.Contains([]string{"application/json", "application/problem+json", "text/html", "text/plain"}, t) {
		return "other type"
	}
	return t
}
