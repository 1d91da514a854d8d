package db

import (
	"database/sql"
	"fmt"
	"time"
)

// Millis is how an instant is stored: Unix milliseconds. The zero time is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMillis is the instant of a stored value, in UTC. 0 is the zero time.
func FromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// NullMillis is Millis for a column that may be NULL: the zero time is NULL.
func NullMillis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// ScanTime returns a destination for Scan that reads a BIGINT of Unix milliseconds into *t. NULL and 0 give the zero time.
func ScanTime(t *time.Time) sql.Scanner { return timeScanner{t} }

type timeScanner struct{ t *time.Time }

func (s timeScanner) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s.t = time.Time{}
	case int64:
		*s.t = FromMillis(v)
	default:
		return fmt.Errorf("scan time: a %T is not milliseconds", src)
	}
	return nil
}
