package console

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"helpline/dialog"
	"helpline/dialog/desk"
)

// problem is what went wrong, for the worker. Code is for scripts and other
// clients and does not change.
type problem struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

var (
	problemStale = problem{"form", "This form is out of date. Go back, copy what you wrote, and load the page again."}

	byStatus = map[int]problem{
		http.StatusUnauthorized:          {"signed_out", "You are signed out. What you wrote is still on the page. Sign in again in another tab, then send it."},
		http.StatusForbidden:             {"forbidden", "Your role does not let you do this."},
		http.StatusNotFound:              {"not_found", "There is nothing here. It may have been removed, or the address is wrong."},
		http.StatusRequestEntityTooLarge: {"too_big", "That is too much for one form."},
		http.StatusInternalServerError:   {"unavailable", "Something went wrong on our side. Nothing was changed. Try again."},
	}
)

// judge says what an error means for the one who caused it.
func (c *Console) judge(err error) (int, problem) {
	var invalid *dialog.InvalidError
	var held *desk.HeldError
	var tooBig *http.MaxBytesError
	var open *openDutiesError
	switch {
	case errors.As(err, &held):
		return http.StatusConflict, problem{"held", held.By + " has this conversation and is answering. Only one person can answer at a time."}
	case errors.As(err, &open):
		return http.StatusConflict, problem{"open", open.Error()}
	case errors.As(err, &invalid):
		return http.StatusUnprocessableEntity, problem{"invalid", sentence(invalid.Field + " " + invalid.Problem)}
	case errors.As(err, &tooBig):
		return http.StatusRequestEntityTooLarge, byStatus[http.StatusRequestEntityTooLarge]
	case errors.Is(err, dialog.ErrNotHolder):
		return http.StatusConflict, problem{"not_holder", "You do not have this conversation now. Take it over before you write."}
	case errors.Is(err, dialog.ErrOptedOut):
		return http.StatusConflict, problem{"opted_out", "This person asked for no more texts, so it was not sent. Find another way to reach them."}
	case errors.Is(err, dialog.ErrNoAddress):
		return http.StatusConflict, problem{"no_address", "This channel cannot carry a reply, so it was not sent. Ring back if there is a number."}
	case errors.Is(err, desk.ErrUnread):
		return http.StatusConflict, problem{"unread", "Something new was written: read it first."}
	case errors.Is(err, dialog.ErrOpen):
		return http.StatusConflict, problem{"open", "Something here is still to be done: a concern, a voice message or an answer is open."}
	case errors.Is(err, dialog.ErrStale):
		return http.StatusConflict, problem{"stale", "Somebody else changed this in the same moment. Look at it again, then try again."}
	case errors.Is(err, dialog.ErrForbidden):
		return http.StatusForbidden, byStatus[http.StatusForbidden]
	case errors.Is(err, dialog.ErrNotFound):
		return http.StatusNotFound, byStatus[http.StatusNotFound]
	}
	return http.StatusInternalServerError, byStatus[http.StatusInternalServerError]
}

// sentence makes an error's words one: a capital first, a full stop last.
func sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimRight(s[1:], ".") + "."
}

// openDutiesError is dialog.ErrOpen with the names of what is open.
type openDutiesError struct{ duties []string }

func (e *openDutiesError) Error() string {
	return fmt.Sprintf("This concern cannot be closed yet. Still to do: %s.", strings.Join(e.duties, ", "))
}

func (e *openDutiesError) Is(target error) bool { return target == dialog.ErrOpen }

// showNothing answers for addresses below /console that do not exist.
func (c *Console) showNothing(*visit) error { return fmt.Errorf("route: %w", dialog.ErrNotFound) }

type faultView struct {
	page
	Problem problem
	Status  int
}

// fault answers with what went wrong: a page, or JSON for a script.
func (c *Console) fault(v *visit, status int, given ...problem) error {
	p := byStatus[status]
	if len(given) > 0 && given[0].Code != "" {
		p = given[0]
	}
	if v.fragment() || websocketAsked(v.Request()) || strings.HasPrefix(v.Request().Header.Get("Content-Type"), "application/json") {
		return v.JSON(status, p)
	}
	view := faultView{page: c.page(v, "Something is in the way", ""), Problem: p, Status: status}
	return c.render(v, status, "fault", view)
}
