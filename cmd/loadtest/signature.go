package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"hash"
	"net/url"
	"slices"
	"strings"
)

// param is one parameter of a webhook, decoded.
type param struct{ name, value string }

// signer makes X-Twilio-Signature: the base64 of an HMAC-SHA1, keyed with the
// auth token, over the URL and the parameters sorted by name, each name
// followed by its value
// (https://www.twilio.com/docs/usage/security#validating-requests). One
// goroutine uses it at a time.
type signer struct {
	mac hash.Hash
	buf []byte
}

func newSigner(token string) *signer {
	return &signer{mac: hmac.New(sha1.New, []byte(token))}
}

// sign sorts params and returns the signature.
func (s *signer) sign(url string, params []param) string {
	slices.SortFunc(params, func(a, b param) int { return strings.Compare(a.name, b.name) })
	s.buf = append(s.buf[:0], url...)
	for _, p := range params {
		s.buf = append(append(s.buf, p.name...), p.value...)
	}
	s.mac.Reset()
	s.mac.Write(s.buf)
	return base64.StdEncoding.EncodeToString(s.mac.Sum(nil))
}

// encode appends params as a form.
func encode(to []byte, params []param) []byte {
	for i, p := range params {
		if i > 0 {
			to = append(to, '&')
		}
		to = append(append(to, p.name...), '=')
		to = append(to, url.QueryEscape(p.value)...)
	}
	return to
}
