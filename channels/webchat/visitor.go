package webchat

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"helpline/dialog"
)

// cookieName is the page's cookie. It lasts until the browser is closed: a
// shared device must not show one visitor's chat to the next.
const cookieName = "helpline_chat"

// secretSize is the number of random bytes in a visitor's secret.
const secretSize = 32

// newSecret makes the secret that a visitor is known by.
func newSecret() string {
	var b [secretSize]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("webchat: the system has no randomness: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// validSecret says that s has the shape of a secret of ours.
func validSecret(s string) bool {
	if len(s) != base64.RawURLEncoding.EncodedLen(secretSize) {
		return false
	}
	_, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil
}

// addressOf is all that the house knows of a visitor: the secret's SHA-256.
func addressOf(secret string) dialog.Address {
	sum := sha256.Sum256([]byte(secret))
	return dialog.Address{Medium: dialog.Webchat, Value: hex.EncodeToString(sum[:])}
}

// idPrefix comes before a client's own message id in the provider id, so that
// no visitor can name a message of another: a known id is answered with what
// became of it.
func idPrefix(from dialog.Address) string { return from.Value[:24] + ":" }

func providerID(from dialog.Address, clientID string) string { return idPrefix(from) + clientID }

// clientID is the id that the visitor's own client gave a message.
func clientID(from dialog.Address, stored string) string {
	return strings.TrimPrefix(stored, idPrefix(from))
}

// cookieSecret reads the page's cookie, but only for a request that our own
// page made: another site must not speak with the visitor's voice.
func (c *Chat) cookieSecret(r *http.Request) (string, bool) {
	if !c.sameOrigin(r) {
		return "", false
	}
	k, err := r.Cookie(cookieName)
	if err != nil || !validSecret(k.Value) {
		return "", false
	}
	return k.Value, true
}

func (c *Chat) setCookie(w http.ResponseWriter, secret string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: secret, Path: "/chat", HttpOnly: true,
		Secure: c.cfg.SecureCookies, SameSite: http.SameSiteLaxMode,
	})
}

func (c *Chat) clearCookie(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Path: "/chat", HttpOnly: true, MaxAge: -1,
		Secure: c.cfg.SecureCookies, SameSite: http.SameSiteLaxMode,
	})
}

// sameOrigin says that a request was not made by another site's page. The
// Origin header goes with every websocket and every POST of a browser; what
// sends none is a plain navigation or no browser at all.
func (c *Chat) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		// A link from another site to our page is the one thing they may do.
		if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			return false
		}
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

// originAllowed says that a site's pages may open a socket here.
func (c *Chat) originAllowed(r *http.Request) bool {
	if len(c.cfg.AllowedOrigins) == 0 || c.sameOrigin(r) {
		return true
	}
	origin := r.Header.Get("Origin")
	for _, o := range c.cfg.AllowedOrigins {
		if o == "*" || strings.EqualFold(strings.TrimSuffix(o, "/"), origin) {
			return true
		}
	}
	return false
}
