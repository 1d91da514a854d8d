package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"helpline/dialog"
	"helpline/internal/gsm7"
)

// done answers an act: a browser without scripts is sent back to the
// conversation, which says what was done; a script gets the changed parts.
func (c *Console) done(v *visit, id dialog.ConversationID, what string) error {
	if !v.fragment() {
		return v.Redirect(http.StatusSeeOther, "/console/conversations/"+string(id)+"?done="+what)
	}
	v.SetParamNames("id")
	v.SetParamValues(string(id))
	view, err := c.conversation(v)
	if err != nil {
		return err
	}
	view.Done = doneWords[what]
	return c.renderPart(v, http.StatusOK, "conversation", "live", view)
}

func (c *Console) conv(v *visit) dialog.ConversationID { return dialog.ConversationID(v.Param("id")) }

func (c *Console) postTake(v *visit) error {
	if err := c.cfg.Desk.TakeOver(v.Request().Context(), v.worker, c.conv(v)); err != nil {
		return err
	}
	return c.done(v, c.conv(v), "taken")
}

func (c *Console) postHandBack(v *visit) error {
	if err := c.cfg.Desk.HandBack(v.Request().Context(), v.worker, c.conv(v)); err != nil {
		return err
	}
	return c.done(v, c.conv(v), "back")
}

func (c *Console) postReviewed(v *visit) error {
	seen, err := seenIn(v)
	if err == nil {
		err = c.cfg.Desk.ReviewedUpTo(v.Request().Context(), v.worker, c.conv(v), seen)
	}
	if err != nil {
		return c.again(v, err, "reviewed", "")
	}
	return c.done(v, c.conv(v), "reviewed")
}

func (c *Console) postClose(v *visit) error {
	if err := c.cfg.Desk.CloseConversation(v.Request().Context(), v.worker, c.conv(v)); err != nil {
		return err
	}
	return c.done(v, c.conv(v), "closed")
}

func (c *Console) postNote(v *visit) error {
	text, err := field(v, "text")
	if err == nil {
		err = c.cfg.Desk.Note(v.Request().Context(), v.worker, c.conv(v), text)
	}
	if err != nil {
		return c.again(v, err, "note", text)
	}
	return c.done(v, c.conv(v), "noted")
}

// seenIn is the newest event on the page that a form was sent from: nobody
// settles what was not before them.
func seenIn(v *visit) (int64, error) {
	s, err := field(v, "seen")
	if err != nil {
		return 0, err
	}
	seen, err := strconv.ParseInt(s, 10, 64)
	if err != nil || seen < 0 {
		return 0, &dialog.InvalidError{Field: "seen", Problem: "is not the number of an event"}
	}
	return seen, nil
}

// field reads one field of a form with line ends alike and no characters that
// a database refuses.
func field(v *visit, name string) (string, error) {
	// Reading the form here gives a body that is too large its own error.
	if _, err := v.FormParams(); err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return "", err
		}
		return "", &dialog.InvalidError{Field: "form", Problem: "cannot be read"}
	}
	return clean(v.FormValue(name)), nil
}

func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= ' ' && r != 0x7f {
			return r
		}
		return -1
	}, s)
}

// again shows the page again with what was wrong and what was typed, so that
// nothing is lost to an error. Scripts keep the form as it is and show the
// error beside it.
func (c *Console) again(v *visit, cause error, form, typed string) error {
	status, p := c.judge(cause)
	if v.fragment() || status >= http.StatusInternalServerError || status == http.StatusNotFound || status == http.StatusForbidden {
		return cause
	}
	view, err := c.conversation(v)
	if err != nil {
		return err
	}
	view.Title = "Error: " + view.Title
	view.Compose.Problem = p.Text
	if form == "say" {
		view.Compose.Text = typed
		view.Compose.ClientID = v.FormValue("client_id")
	}
	view.Typed = map[string]string{form: typed}
	view.Failed = form
	return c.render(v, status, "conversation", view)
}

// said is the answer to a script that wrote to somebody.
type said struct {
	Type string `json:"type"` // "stored"
	ID   string `json:"id"`   // the client's
	Seq  int64  `json:"seq"`
}

// postSay writes to the person. It takes a form or JSON {"id","text"}; the
// client's id makes sending it again harmless.
func (c *Console) postSay(v *visit) error {
	var in struct{ ID, Text string }
	scripted := strings.HasPrefix(v.Request().Header.Get("Content-Type"), "application/json")
	if scripted {
		if err := json.NewDecoder(v.Request().Body).Decode(&in); err != nil {
			return &dialog.InvalidError{Field: "body", Problem: "is not JSON with id and text"}
		}
		in.Text = clean(in.Text)
	} else {
		var err error
		if in.Text, err = field(v, "text"); err != nil {
			return err
		}
		in.ID = v.FormValue("client_id")
	}
	ev, err := c.say(v, in.ID, in.Text)
	switch {
	case err != nil && scripted:
		return err
	case err != nil:
		return c.again(v, err, "say", in.Text)
	case scripted:
		return v.JSON(http.StatusOK, said{"stored", in.ID, ev.Seq})
	}
	return c.done(v, c.conv(v), "sent")
}

func (c *Console) say(v *visit, clientID, text string) (dialog.Event, error) {
	if !validID(clientID) {
		return dialog.Event{}, &dialog.InvalidError{Field: "id", Problem: "is not 1 to 64 letters, digits, hyphens or underscores"}
	}
	return c.cfg.Desk.Say(v.Request().Context(), v.worker, c.conv(v), text, clientID)
}

// validID says that a client's id of a line is 1 to 64 letters, digits,
// hyphens or underscores.
func validID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, r := range id {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}

// postCost says what a text message would cost, while it is being typed.
func (c *Console) postCost(v *visit) error {
	text, err := field(v, "text")
	if err != nil {
		return err
	}
	return v.JSON(http.StatusOK, c.price(strings.TrimSpace(text)))
}

type price struct {
	Encoding string `json:"encoding"`
	Units    int    `json:"units"`
	Segments int    `json:"segments"`
	Words    string `json:"words"`
}

func (c *Console) price(text string) price {
	if text == "" {
		return price{Encoding: gsm7.GSM7.String(), Words: "160 characters fit in one text message"}
	}
	encoding, units, segments := c.cfg.Cost(text)
	single, part := encoding.Limits()
	room := single - units
	if segments > 1 {
		room = max(segments*part-units, 0)
	}
	w := fmt.Sprintf("%d text messages", segments)
	if segments == 1 {
		w = "1 text message"
	}
	w += fmt.Sprintf(", room for %d more characters in it", room)
	if encoding == gsm7.UCS2 {
		w += ". A character here makes each text hold 70 instead of 160"
	}
	return price{encoding.String(), units, segments, w}
}

func (c *Console) postRaise(v *visit) error {
	text, err := field(v, "text")
	if err != nil {
		return err
	}
	var level dialog.Level
	if err := level.UnmarshalText([]byte(v.FormValue("level"))); err != nil || level == dialog.LevelNone {
		return c.again(v, &dialog.InvalidError{Field: "level", Problem: "is missing: say how soon people must act"}, "raise", text)
	}
	form, err := v.FormParams()
	if err != nil {
		return &dialog.InvalidError{Field: "form", Problem: "cannot be read"}
	}
	var cats []dialog.Category
	for _, s := range form["category"] {
		if _, known := categoryNames[dialog.Category(s)]; known {
			cats = append(cats, dialog.Category(s))
		}
	}
	if err := c.cfg.Desk.RaiseConcern(v.Request().Context(), v.worker, c.conv(v), level, cats, text); err != nil {
		return c.again(v, err, "raise", text)
	}
	return c.done(v, c.conv(v), "raised")
}
