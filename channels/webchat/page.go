package webchat

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"helpline/dialog"
	"helpline/internal/web"
)

// Messages by form from one address of the net: a visitors' centre with many
// people behind one address stays far below.
const (
	postBurst = 60
	postEvery = time.Second
)

//go:embed templates/chat.html
var templates embed.FS

func parsePage() (*template.Template, error) {
	t, err := template.ParseFS(templates, "templates/chat.html")
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	return t, nil
}

// pageView is what the template shows.
type pageView struct {
	T        map[string]string
	Style    string
	Script   string
	Exit     string
	Ref      string
	RefText  string
	Lines    []lineView
	Last     int64
	FormID   string
	Draft    string
	Error    string
	NoCookie bool
	Ended    bool
}

// lineView is one event as the page shows it.
type lineView struct {
	eventFrame
	Who     string
	Pieces  []piece
	When    string
	Sources []sourceView
	Choices []string // of the newest line only: an old question is over
}

type sourceView struct{ Text, Link string }

// showPage is GET /chat.
func (c *Chat) showPage(e echo.Context) error {
	r := e.Request()
	secret, known := c.cookieSecret(r)
	v := pageView{NoCookie: e.QueryParam("stored") != "" && !known, Ended: e.QueryParam("ended") != ""}
	if !known {
		secret = newSecret()
		c.setCookie(e.Response(), secret)
		return c.render(e, http.StatusOK, v, "")
	}
	return c.render(e, http.StatusOK, v, addressOf(secret).Value)
}

// postMessage is POST /chat, for browsers without JavaScript. Posting again
// stores nothing twice: the hidden id goes with the words, so that a new
// message from an old page is a new one.
func (c *Chat) postMessage(e echo.Context) error {
	r := e.Request()
	r.Body = http.MaxBytesReader(e.Response(), r.Body, 4*maxFrame)
	if !c.sameOrigin(r) {
		return c.render(e, http.StatusForbidden, pageView{Error: c.texts["error.origin"]}, "")
	}
	secret, known := c.cookieSecret(r)
	if !known {
		secret = newSecret()
		c.setCookie(e.Response(), secret)
	}
	from := addressOf(secret)
	if err := r.ParseForm(); err != nil {
		return c.render(e, http.StatusRequestEntityTooLarge, pageView{Error: c.texts["error.too_big"]}, from.Value)
	}
	raw := r.PostForm.Get("text")
	if choice := r.PostForm.Get("choice"); choice != "" {
		raw = choice
	}
	id := r.PostForm.Get("id")
	again := pageView{Draft: strings.ToValidUTF8(raw, "\uFFFD"), FormID: id}
	if ok, wait := c.posts.Allow(web.ClientKey(e)); !ok {
		again.Error = c.errorText(codeTooMany, 0)
		e.Response().Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		return c.render(e, http.StatusTooManyRequests, again, from.Value)
	}
	text, bad := cleanText(raw)
	if bad == "" && (!validID(id) || len(id) > maxID-17) {
		again.FormID, bad = "", codeBadID
	}
	if bad != "" {
		again.Error = c.errorText(bad, utf8.RuneCountInString(text))
		return c.render(e, http.StatusUnprocessableEntity, again, from.Value)
	}
	sum := sha256.Sum256([]byte(text))
	got, bad := c.receive(from, id+"-"+hex.EncodeToString(sum[:8]), text)
	if bad != "" {
		again.Error = c.errorText(bad, 0)
		status := http.StatusServiceUnavailable
		if bad != codeUnavailable {
			status = http.StatusUnprocessableEntity
		}
		return c.render(e, status, again, from.Value)
	}
	c.hub.attach(from, got.Conversation, got.Ref)
	c.headers(e)
	return e.Redirect(http.StatusSeeOther, "/chat?stored=1#newest")
}

// postEnd is POST /chat/end: the visitor leaves, by the page's own form, by
// its script's beacon, or by the beacon of a widget, which names its token.
func (c *Chat) postEnd(e echo.Context) error {
	r := e.Request()
	r.Body = http.MaxBytesReader(e.Response(), r.Body, maxFrame)
	c.headers(e)
	secret, own := c.cookieSecret(r)
	if token := r.FormValue("token"); token != "" {
		if !validSecret(token) {
			return e.NoContent(http.StatusUnprocessableEntity)
		}
		secret, own = token, false
	}
	if c.sameOrigin(r) {
		c.clearCookie(e.Response())
	}
	if secret != "" {
		from := addressOf(secret)
		if err := c.leave(from); err != nil {
			// The visitor leaves all the same: nothing may hold them here.
			c.cfg.Logger.Error("end chat", slog.Any("error", err))
		}
		c.hub.end(from, nil)
	}
	switch {
	case r.FormValue("beacon") != "" || !own && !c.sameOrigin(r):
		return e.NoContent(http.StatusNoContent)
	case r.FormValue("stay") != "":
		return e.Redirect(http.StatusSeeOther, "/chat?ended=1")
	}
	return e.Redirect(http.StatusSeeOther, c.cfg.ExitURL)
}

// render shows the page. address is empty for a visitor who cannot have said anything.
func (c *Chat) render(e echo.Context, status int, v pageView, address string) error {
	if address != "" {
		if err := c.readTranscript(&v, dialog.Address{Medium: dialog.Webchat, Value: address}); err != nil {
			c.cfg.Logger.Error("read chat for its page", slog.Any("error", err))
			status = http.StatusServiceUnavailable
			if v.Error == "" {
				v.Error = c.texts["error.unavailable"]
			}
		}
	}
	v.T, v.Exit = c.texts, c.cfg.ExitURL
	v.Style, v.Script = "/chat/chat.css?v="+c.assets.style.version, "/chat/page.js?v="+c.assets.page.version
	if v.FormID == "" {
		v.FormID = dialog.NewID(c.cfg.Now())
	}
	var b bytes.Buffer
	if err := c.page.Execute(&b, v); err != nil {
		return fmt.Errorf("render the chat page: %w", err)
	}
	c.headers(e)
	return e.HTMLBlob(status, b.Bytes())
}

// readTranscript fills in all that the visitor may see.
func (c *Chat) readTranscript(v *pageView, from dialog.Address) error {
	conv, err := c.resume(from)
	if errors.Is(err, dialog.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	v.Ref, v.RefText = conv.Ref, strings.ReplaceAll(c.texts["ref"], "{ref}", conv.Ref)
	v.Last, err = c.readVisible(conv.ID, 0, conv.LastSeq, func(ev dialog.Event) bool {
		if f, ok := frameOf(ev, from); ok {
			v.Lines = append(v.Lines, c.line(f, ev.At))
		}
		return true
	})
	if err != nil {
		return err
	}
	if n := len(v.Lines); n > 0 {
		v.Lines[n-1].Choices = v.Lines[n-1].eventFrame.Choices
	}
	return nil
}

func (c *Chat) line(f eventFrame, at time.Time) lineView {
	l := lineView{eventFrame: f, Pieces: []piece{{Text: f.Text}}}
	switch f.Kind {
	case "person":
		l.Who = c.texts["you"]
	case "staff":
		if l.Who = f.Name; l.Who == "" {
			l.Who = c.texts["staff"]
		}
	case "bot":
		l.Who = c.texts["bot"]
	default:
		l.Who = c.texts["notice"]
	}
	if f.Kind != "person" {
		l.Pieces = pieces(f.Text)
	}
	for _, s := range f.Sources {
		if u, err := url.Parse(s.Link); err == nil && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "" && u.Host == "") {
			l.Sources = append(l.Sources, sourceView{strings.ReplaceAll(c.texts["source"], "{title}", s.Title), s.Link})
		}
	}
	when := at.In(c.london)
	l.When = when.Format("15:04")
	if now := c.cfg.Now().In(c.london); now.YearDay() != when.YearDay() || now.Year() != when.Year() {
		l.When = when.Format("Monday 2 January, 15:04")
	}
	return l
}

// headers keep the page to itself: nothing inline, nothing foreign, nothing
// kept, no word of it to the place that "Exit this page" leads to.
func (c *Chat) headers(e echo.Context) {
	ws := "ws://" + e.Request().Host
	if c.cfg.SecureCookies {
		ws = "wss://" + e.Request().Host
	}
	h := e.Response().Header()
	// form-action: Chromium also checks where the answer to a form leads.
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' "+ws+
		"; form-action 'self' "+c.exit.Scheme+"://"+c.exit.Host+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	// Not no-referrer: with that a browser hides the origin of our own form.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}
