package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/dialog"
	"helpline/internal/accounts"
)

const (
	sessionCookie = "helpline_console"      // the session's token
	formCookie    = "helpline_console_form" // before there is a session: what the sign-in form's token is made of
	csrfField     = "csrf"
	csrfHeader    = "X-CSRF-Token"
	// fragmentHeader goes with requests of our scripts, which want a piece of
	// a page instead of being sent on.
	fragmentHeader = "X-Fragment"
	deskWithin     = 10 * time.Second
)

// policy lets pages load and reach nothing but this service. The socket is
// named beside 'self', which older browsers do not take to cover it.
func policy(public *url.URL) string {
	socket := "ws://" + public.Host
	if public.Scheme == "https" {
		socket = "wss://" + public.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; font-src 'self'; " +
		"connect-src 'self' " + socket + "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
}

func (c *Console) headers(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", c.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// Not no-referrer: with that, browsers send the Origin of a form as "null".
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

// guard is the one check that every request passes: who it is, whether they
// may, and whether a change was asked for by our own page.
func (c *Console) guard(r route) echo.HandlerFunc {
	return func(e echo.Context) error {
		c.headers(e.Response().Header())
		req := e.Request()
		largest := r.largest
		if largest == 0 {
			largest = maxForm
		}
		req.Body = http.MaxBytesReader(e.Response(), req.Body, largest)
		ctx, cancel := context.WithTimeout(req.Context(), deskWithin)
		defer cancel()
		v := &visit{Context: e}
		v.SetRequest(req.WithContext(ctx))
		if err := c.identify(ctx, v); err != nil {
			c.cfg.Logger.Error("read a console session", "error", err)
			return c.fault(v, http.StatusInternalServerError)
		}
		if r.roles != nil {
			if v.worker.ID == "" {
				return c.signedOut(v)
			}
			if !v.worker.Has(r.roles...) {
				return c.fault(v, http.StatusForbidden)
			}
		}
		if req.Method == http.MethodPost && !c.genuine(v, r.roles == nil) {
			return c.fault(v, http.StatusForbidden, problemStale)
		}
		err := r.handle(v)
		if err == nil {
			return nil
		}
		status, problem := c.judge(err)
		if status == http.StatusInternalServerError {
			c.cfg.Logger.Error("console", "method", r.method, "route", r.path, "error", err)
		}
		return c.fault(v, status, problem)
	}
}

// identify finds out who asks. The person may be nobody.
func (c *Console) identify(ctx context.Context, v *visit) error {
	k, err := v.Cookie(sessionCookie)
	if err != nil || k.Value == "" {
		return nil
	}
	w, err := c.worker(ctx, k.Value)
	if errors.Is(err, accounts.ErrNoSession) {
		return nil
	}
	if err != nil {
		return err
	}
	v.worker, v.token, v.csrf = w, k.Value, tokenOf(k.Value)
	return nil
}

// worker is who a session belongs to; accounts.ErrNoSession when it has ended.
func (c *Console) worker(ctx context.Context, token string) (dialog.Worker, error) {
	p, err := c.cfg.Accounts.Session(ctx, token)
	if err != nil {
		return dialog.Worker{}, err
	}
	w := dialog.Worker{ID: dialog.WorkerID(p.ID), Name: p.Name}
	for _, r := range p.Roles {
		w.Roles = append(w.Roles, dialog.Role(r))
	}
	for _, t := range p.Teams {
		w.Teams = append(w.Teams, dialog.TeamID(t))
	}
	return w, nil
}

// tokenOf makes the token that a form must bring back: nobody who does not
// know the cookie can make it, and the cookie cannot be read out of it.
func tokenOf(secret string) string {
	sum := sha256.Sum256([]byte("helpline console form\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// genuine says that a change was asked for by a page of ours: by its origin,
// and by the token that only our pages hold.
func (c *Console) genuine(v *visit, signingIn bool) bool {
	req := v.Request()
	if !c.sameOrigin(req) {
		return false
	}
	want := v.csrf
	if signingIn {
		k, err := v.Cookie(formCookie)
		if err != nil || k.Value == "" {
			return false
		}
		want = tokenOf(k.Value)
	}
	got := req.Header.Get(csrfHeader)
	if got == "" {
		got = v.FormValue(csrfField)
	}
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}

// sameOrigin says that a request was not made by another site's page. Browsers
// send Origin with every POST and every websocket.
func (c *Console) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || strings.EqualFold(u.Host, c.public.Host)
}

func (c *Console) cookie(name, value, under string, age int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: under, MaxAge: age,
		HttpOnly: true, Secure: c.cfg.Secure, SameSite: http.SameSiteStrictMode,
	}
}

// signedOut sends a reader to the sign-in page and back afterwards. A change
// is not carried over: its page still holds what was typed, and says so.
func (c *Console) signedOut(v *visit) error {
	req := v.Request()
	if req.Method != http.MethodGet || v.fragment() || websocketAsked(req) {
		return c.fault(v, http.StatusUnauthorized)
	}
	to := "/console/sign-in"
	if here := req.URL.RequestURI(); here != "/console" {
		to += "?next=" + url.QueryEscape(here)
	}
	return v.Redirect(http.StatusSeeOther, to)
}

// fragment says that a script of ours asks and wants a piece of a page.
func (v *visit) fragment() bool { return v.Request().Header.Get(fragmentHeader) != "" }

func websocketAsked(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

type signInView struct {
	page
	Email, Next, Error string
	SignedOut          bool
}

func (c *Console) showSignIn(v *visit) error {
	if v.worker.ID != "" {
		return v.Redirect(http.StatusSeeOther, local(v.QueryParam("next")))
	}
	return c.signInPage(v, http.StatusOK, signInView{Next: v.QueryParam("next"), SignedOut: v.QueryParam("signed-out") != ""})
}

func (c *Console) signInPage(v *visit, status int, view signInView) error {
	k, err := v.Cookie(formCookie)
	if err != nil || len(k.Value) < 26 {
		k = c.cookie(formCookie, rand.Text(), "/console/sign-in", 0)
		v.SetCookie(k)
	}
	v.csrf = tokenOf(k.Value)
	view.page = c.page(v, "Sign in", "")
	if view.Error != "" {
		view.Title = "Error: " + view.Title
	}
	return c.render(v, status, "sign-in", view)
}

func (c *Console) postSignIn(v *visit) error {
	view := signInView{Email: v.FormValue("email"), Next: v.FormValue("next")}
	token, _, err := c.cfg.Accounts.SignIn(v.Request().Context(), view.Email, v.FormValue("password"))
	var wait *accounts.WaitError
	switch {
	case errors.As(err, &wait):
		seconds := int(wait.Until.Sub(c.cfg.Now()).Seconds()) + 1
		v.Response().Header().Set("Retry-After", fmt.Sprint(seconds))
		view.Error = "Too many tries. Try again after " + c.clock(wait.Until.Add(time.Second)) + ":" + wait.Until.Add(time.Second).In(c.london).Format("05") + "."
		return c.signInPage(v, http.StatusTooManyRequests, view)
	case errors.Is(err, accounts.ErrWrongCredentials):
		view.Error = "The email address or the password is wrong."
		return c.signInPage(v, http.StatusUnauthorized, view)
	case err != nil:
		return fmt.Errorf("sign in: %w", err)
	}
	v.SetCookie(c.cookie(sessionCookie, token, "/console", 0))
	v.SetCookie(c.cookie(formCookie, "", "/console/sign-in", -1))
	return v.Redirect(http.StatusSeeOther, local(view.Next))
}

// local lets a sign-in lead only to our own pages.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(next, "\\\r\n") ||
		path.Clean(u.Path) != u.Path || u.Path != "/console" && !strings.HasPrefix(u.Path, "/console/") || strings.HasPrefix(u.Path, "/console/sign-") {
		return "/console"
	}
	return u.RequestURI()
}

func (c *Console) postSignOut(v *visit) error {
	if err := c.cfg.Accounts.SignOut(v.Request().Context(), v.token); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	c.hub.signedOut(v.token)
	v.SetCookie(c.cookie(sessionCookie, "", "/console", -1))
	return v.Redirect(http.StatusSeeOther, "/console/sign-in?signed-out=1")
}
