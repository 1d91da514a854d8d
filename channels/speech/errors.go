package speech

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Error is an engine that failed. It says what kind of failure it was and never
// what the engine answered, which may hold a caller's words.
type Error struct {
	Engine    string
	Reason    Reason
	Status    int           // of the server's answer, or of the process's exit; 0 when there was none
	LogErrors int           // how many errors the local process logged, which are not kept
	Type      string        // media type of the server's answer, when it is a known one
	Temporary bool          // the same recording may succeed later
	After     time.Duration // how long the server asked to wait; 0 when it didn't
	cause     error         // context.DeadlineExceeded, context.Canceled, or nil
}

// Reason is the kind of an [Error].
type Reason string

// The kinds of failure.
const (
	Refused     Reason = "refused"     // the server answered with a status that is not 2xx, or with an error in a 200
	Unreachable Reason = "unreachable" // no connection, or it broke
	TimedOut    Reason = "timed out"
	Cancelled   Reason = "cancelled"  // by the caller's context
	Unreadable  Reason = "unreadable" // an answer that holds no transcript
	Oversized   Reason = "oversized"  // an answer longer than any transcript
	Failed      Reason = "failed"     // the local process could not be started, or exited with an error
)

func (e *Error) Error() string {
	s := fmt.Sprintf("%s: %s", e.Engine, e.Reason)
	if e.Status != 0 {
		s += fmt.Sprintf(" with status %d", e.Status)
	}
	if e.LogErrors != 0 {
		s += fmt.Sprintf(" after %d logged errors", e.LogErrors)
	}
	if e.Type != "" {
		s += " (" + e.Type + ")"
	}
	return s
}

// Unwrap gives context.DeadlineExceeded or context.Canceled when that was the reason.
func (e *Error) Unwrap() error { return e.cause }

// interrupted is the error of an engine whose context ended. parent is the
// caller's: when only the engine's own limit passed, another try may have a freer
// machine, and so may one after the caller's deadline; after a cancellation nobody wants one.
func interrupted(engine string, parent context.Context) *Error {
	if errors.Is(parent.Err(), context.Canceled) {
		return &Error{Engine: engine, Reason: Cancelled, cause: context.Canceled}
	}
	return &Error{Engine: engine, Reason: TimedOut, Temporary: true, cause: context.DeadlineExceeded}
}
