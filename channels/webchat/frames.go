package webchat

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"helpline/dialog"
)

const (
	maxFrame = 16 << 10 // bytes in one websocket frame or form
	maxText  = 4000     // characters (code points) in one message
	maxID    = 64       // characters in a client's message id
)

// clientFrame is what a client may send; Type says which fields count.
type clientFrame struct {
	Type  string `json:"type"`
	Token string `json:"token"` // hello: the visitor's secret, empty for a new one or the cookie's
	After int64  `json:"after"` // hello: the newest event the client shows
	Ref   string `json:"ref"`   // hello: the conversation that After counts in
	ID    string `json:"id"`    // say: the client's own id of the message
	Text  string `json:"text"`  // say
}

// The types of frame, both ways.
const (
	typeHello   = "hello"
	typeSay     = "say"
	typeTyping  = "typing"
	typePing    = "ping"
	typeEnd     = "end"
	typeWelcome = "welcome"
	typeStored  = "stored"
	typeEvent   = "event"
	typeEnded   = "ended"
	typeError   = "error"
	typePong    = "pong"
)

// code is why a frame or a form was refused. Its text is webchat.error.CODE.
type code string

const (
	codeEmpty       code = "empty"
	codeTooLong     code = "too_long"
	codeTooBig      code = "too_big"
	codeUnavailable code = "unavailable"
	codeSlowDown    code = "slow_down"
	codeTooMany     code = "too_many" // forms
	codeNotJSON     code = "not_json"
	codeNotText     code = "not_text"
	codeBadUTF8     code = "bad_utf8"
	codeBadType     code = "bad_type"
	codeBadID       code = "bad_id"
	codeBadToken    code = "bad_token"
	codeHelloFirst  code = "hello_first"
	codeHelloTwice  code = "hello_twice"
	codeOrigin      code = "origin"
)

type welcomeFrame struct {
	Type         string `json:"type"`
	Token        string `json:"token"`
	Conversation bool   `json:"conversation"`
	Ref          string `json:"ref"`
}

type storedFrame struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Seq  int64  `json:"seq"`
}

type errorFrame struct {
	Type  string `json:"type"`
	ID    string `json:"id,omitempty"`
	Code  code   `json:"code"`
	Text  string `json:"text"`
	Retry int    `json:"retry,omitempty"` // milliseconds after which the same frame may be sent again
}

type typingFrame struct {
	Type string `json:"type"`
	Who  string `json:"who"`
}

type bareFrame struct {
	Type string `json:"type"`
}

// eventFrame is one visible event of the conversation's log.
type eventFrame struct {
	Type    string          `json:"type"`
	Seq     int64           `json:"seq"`
	Kind    string          `json:"kind"`
	Text    string          `json:"text"`
	Name    string          `json:"name,omitempty"`
	Sources []dialog.Source `json:"sources,omitempty"`
	Choices []string        `json:"choices,omitempty"`
	Urgent  bool            `json:"urgent,omitempty"`
	At      string          `json:"at"`
	ID      string          `json:"id,omitempty"`
}

// kinds is what a visible event is called on the wire and in the page.
var kinds = map[dialog.EventKind]string{
	dialog.SaidIn:    "person",
	dialog.SaidBot:   "bot",
	dialog.SaidStaff: "staff",
	dialog.Told:      "notice",
}

// frameOf turns an event into what the visitor is shown. It returns false for
// an event that is not for the visitor, whatever the desk handed over.
func frameOf(ev dialog.Event, from dialog.Address) (eventFrame, bool) {
	kind, ok := kinds[ev.Kind]
	if !ok {
		return eventFrame{}, false
	}
	f := eventFrame{Type: typeEvent, Seq: ev.Seq, Kind: kind, Text: ev.Text, At: ev.At.UTC().Format(time.RFC3339)}
	if ev.Kind == dialog.SaidIn {
		f.ID = clientID(from, ev.ClientID)
		return f, true
	}
	// A line whose extras cannot be read is still a line: its words count.
	var d dialog.LineData
	if len(ev.Data) > 0 && json.Unmarshal(ev.Data, &d) == nil {
		f.Name, f.Sources, f.Choices, f.Urgent = d.Name, d.Sources, d.Choices, d.Urgent
	}
	return f, true
}

// parseFrame reads one frame. It returns the code of what is wrong, or "".
func parseFrame(data []byte) (clientFrame, code) {
	var f clientFrame
	if !utf8.Valid(data) {
		return f, codeBadUTF8
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return clientFrame{ID: f.ID}, codeNotJSON
	}
	switch f.Type {
	case typeHello, typeSay, typeTyping, typePing, typeEnd:
		return f, ""
	}
	return f, codeBadType
}

// cleanText makes a visitor's words fit to be stored: line ends alike, no
// control characters (PostgreSQL takes no NUL), no space round them. It
// returns the code of what is wrong with them, or "".
func cleanText(text string) (string, code) {
	if !utf8.ValidString(text) {
		return "", codeBadUTF8
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n' || r == '\t':
			return r
		case r < ' ' || r == 0x7f:
			return -1
		}
		return r
	}, text)
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", codeEmpty
	case utf8.RuneCountInString(text) > maxText:
		return text, codeTooLong
	}
	return text, ""
}

// validID says that a client's message id is one to 64 letters, digits,
// hyphens or underscores.
func validID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// encode writes a frame as JSON.
func encode(frame any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(frame); err != nil {
		// Only our own structs of strings and numbers come here.
		panic("webchat: encode frame: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
