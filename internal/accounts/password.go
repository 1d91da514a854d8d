package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost is what hashing one password takes.
type Cost struct {
	Memory uint32 // KiB
	Passes uint32
}

// DefaultCost is the second of the settings that OWASP gives for argon2id (Password Storage).
var DefaultCost = Cost{Memory: 19 * 1024, Passes: 2}

const (
	saltLength = 16
	keyLength  = 32
	lanes      = 1
	// hashesAtOnce bounds the memory that a crowd at the door takes.
	hashesAtOnce = 2
)

// hasher makes and checks argon2id hashes in the PHC string format, $argon2id$v=19$m=…,t=…,p=…$salt$key.
type hasher struct {
	cost  Cost
	slots chan struct{}
	// decoy is checked for an address nobody has, so that the answer takes as long.
	decoy string
}

func newHasher(c Cost) (hasher, error) {
	if c.Memory < 8 || c.Passes < 1 {
		return hasher{}, errors.New("the cost of hashing a password is too small")
	}
	h := hasher{cost: c, slots: make(chan struct{}, hashesAtOnce)}
	h.decoy = encode(c, make([]byte, saltLength), make([]byte, keyLength))
	return h, nil
}

func encode(c Cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// hash checks that the password may be one and hashes it.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	if n := utf8.RuneCountInString(password); n < MinPassword || len(password) > maxPassword {
		return "", ErrWeakPassword
	}
	return a.hasher.hash(ctx, password)
}

func (h hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails
	key, err := h.key(ctx, password, salt, h.cost, keyLength)
	if err != nil {
		return "", err
	}
	return encode(h.cost, salt, key), nil
}

func (h hasher) key(ctx context.Context, password string, salt []byte, c Cost, length uint32) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, lanes, length), nil
}

// matches reports whether the password is the one that was hashed, and whether the hash was made at another cost than today's.
func (h hasher) matches(ctx context.Context, password, hash string) (ok, stale bool, err error) {
	known := hash != ""
	if !known {
		hash = h.decoy
	}
	c, salt, want, err := decode(hash)
	if err != nil {
		return false, false, err
	}
	got, err := h.key(ctx, password, salt, c, uint32(len(want))) //nolint:gosec // a hash has a few dozen bytes
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, c != h.cost, nil
}

func decode(hash string) (c Cost, salt, key []byte, err error) {
	unreadable := errors.New("a stored password hash cannot be read")
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, unreadable
	}
	var p uint32
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &p); n != 3 || err != nil || p != lanes || c.Passes < 1 {
		return c, nil, nil, unreadable
	}
	if salt, err = base64.RawStdEncoding.DecodeString(part[4]); err != nil {
		return c, nil, nil, unreadable
	}
	if key, err = base64.RawStdEncoding.DecodeString(part[5]); err != nil || len(key) < 16 {
		return c, nil, nil, unreadable
	}
	return c, salt, key, nil
}
