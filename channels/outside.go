package channels

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/url"
)

// Unreached says in plain words why this service could not be reached from
// outside, for staff: what to mend, and no more of the address than its host.
// The error that it wraps is for the log and for decisions.
func Unreached(err error) error {
	if err == nil {
		return nil
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // without the address, which may hold an id
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var op *net.OpError
	var slow net.Error
	switch {
	case errors.As(err, &dns):
		return &unreached{"the name " + dns.Name + " is not found", err}
	case errors.As(err, &certificate):
		return &unreached{"the certificate is not good: " + certificate.Err.Error(), err}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &slow) && slow.Timeout():
		return &unreached{"nobody answered in time", err}
	case errors.As(err, &op) && op.Op == "dial":
		return &unreached{"nobody answers at the address", err}
	}
	return &unreached{"the connection broke off", err}
}

type unreached struct {
	words string
	err   error
}

func (e *unreached) Error() string { return e.words }
func (e *unreached) Unwrap() error { return e.err }
