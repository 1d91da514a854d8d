package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// field is one parameter of a webhook, decoded.
type field struct{ name, value string }

// signer checks X-Twilio-Signature: the base64 of an HMAC-SHA1, keyed with the
// auth token, over the URL as Twilio has it configured and the parameters of
// the POST, sorted by name, each name followed by its value
// (https://www.twilio.com/docs/usage/security#validating-requests).
//
// Twilio does not say the same everywhere about a standard port in the URL nor
// about a parameter that comes twice, and its own libraries differ; what any
// of them accepts is accepted here: the URL as it is, with the standard port
// written out and without any port, and of several values of a parameter the
// first (Go) or all different ones in order (Python, Java, C#).
type signer struct {
	public []string // variants of the public URL, the likeliest first
	prefix string   // the path of the public URL
	macs   *sync.Pool
}

type mac struct {
	hash.Hash
	buf []byte
	sum [sha1.Size]byte
	out [28]byte // base64 of sum
}

func newSigner(token, public string) signer {
	key := []byte(token)
	s := signer{macs: &sync.Pool{New: func() any { return &mac{Hash: hmac.New(sha1.New, key)} }}}
	s.public = []string{public}
	u, err := url.Parse(public)
	if err != nil {
		return s
	}
	s.prefix = u.Path
	other := *u
	if u.Port() == "" {
		port := ":80"
		if u.Scheme == "https" {
			port = ":443"
		}
		other.Host += port
	} else {
		other.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	s.public = append(s.public, other.String())
	return s
}

// valid says whether Twilio signed these fields for this path and query.
// fields is sorted on return.
func (s signer) valid(requestURI string, fields []field, signature string) bool {
	if len(signature) != base64.StdEncoding.EncodedLen(sha1.Size) {
		return false
	}
	if s.prefix != "" && strings.HasPrefix(requestURI, s.prefix+"/") {
		requestURI = requestURI[len(s.prefix):] // a proxy that leaves the path as it is
	}
	slices.SortStableFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	twice := false
	for i := 1; i < len(fields); i++ {
		twice = twice || fields[i].name == fields[i-1].name
	}
	for _, public := range s.public {
		if s.matches(public, requestURI, fields, signature, true) {
			return true
		}
	}
	if !twice {
		return false
	}
	all := slices.Clone(fields)
	slices.SortFunc(all, func(a, b field) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	all = slices.Compact(all)
	for _, public := range s.public {
		if s.matches(public, requestURI, all, signature, false) {
			return true
		}
	}
	return false
}

func (s signer) matches(public, requestURI string, fields []field, signature string, firstOnly bool) bool {
	m, ok := s.macs.Get().(*mac)
	if !ok {
		return false
	}
	defer s.macs.Put(m)
	m.Reset()
	m.buf = append(append(m.buf[:0], public...), requestURI...)
	for i, f := range fields {
		if firstOnly && i > 0 && fields[i-1].name == f.name {
			continue
		}
		m.buf = append(append(m.buf, f.name...), f.value...)
	}
	m.Write(m.buf)
	m.Sum(m.sum[:0])
	base64.StdEncoding.Encode(m.out[:], m.sum[:])
	clear(m.buf) // words do not stay in the pool
	return subtle.ConstantTimeCompare(m.out[:], []byte(signature)) == 1
}
