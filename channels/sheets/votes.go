package sheets

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/internal/web"
)

// Votes counts how many found a sheet helpful. It learns nothing of who did.
type Votes interface {
	Vote(ctx context.Context, slug string, helpful bool) error
}

// The answers that come back to the page after a vote without JavaScript.
const (
	votedYes    = "yes"
	votedNo     = "no"
	voteFailed  = "failed"
	voteTimeout = 5 * time.Second
)

// helpful counts one vote. There is no cookie, so nobody is known again; one
// who votes very often is thanked and not counted.
func (p *Pages) helpful(c echo.Context) error {
	slug, err := url.PathUnescape(c.Param("slug"))
	if err != nil {
		return p.missing(c, "")
	}
	if _, ok := p.Shelf.Library().Sheet(slug); !ok {
		return p.missing(c, slug)
	}
	vote := c.Request().PostFormValue("helpful")
	if vote != votedYes && vote != votedNo {
		return echo.NewHTTPError(http.StatusBadRequest, "helpful is yes or no")
	}
	if counted, _ := p.ballots.Allow(web.ClientKey(c)); counted {
		ctx, cancel := context.WithTimeout(c.Request().Context(), voteTimeout)
		defer cancel()
		if err := p.Votes.Vote(ctx, slug, vote == votedYes); err != nil {
			p.Log.ErrorContext(ctx, "count a vote", "error", err, "request_id", web.RequestID(c))
			vote = voteFailed
		}
	}
	if strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "application/json") {
		status := http.StatusOK
		if vote == voteFailed {
			status = http.StatusServiceUnavailable
		}
		return c.JSON(status, map[string]string{"message": p.thanks(vote)})
	}
	return c.Redirect(http.StatusSeeOther, "/sheets/"+url.PathEscape(slug)+"?helpful="+vote+"#helpful")
}

// thanks is what somebody is told who voted, empty for nobody.
func (p *Pages) thanks(vote string) string {
	switch vote {
	case votedYes:
		return p.Texts.Text("sheets.helpful.thanks")
	case votedNo:
		return p.Texts.Text("sheets.helpful.sorry")
	case voteFailed:
		return p.Texts.Text("sheets.helpful.failed")
	}
	return ""
}
