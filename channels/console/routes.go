package console

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

// Who may see what. An admin may see everything.
var (
	listeners = []dialog.Role{dialog.Responder, dialog.SaferCustody, dialog.ManagerRole}
	editors   = []dialog.Role{dialog.Editor, dialog.ManagerRole}
	admins    = []dialog.Role{dialog.Admin}
	anyone    = []dialog.Role{dialog.Responder, dialog.SaferCustody, dialog.ManagerRole, dialog.Editor}
)

// route is one of the console's addresses and who may use it. This list is the
// only place where that is said; the test of permissions walks it.
type route struct {
	method, path string
	roles        []dialog.Role // nil: also without being signed in
	largest      int64         // bytes of a body; 0: maxForm
	handle       func(*visit) error
}

const (
	maxForm  = 64 << 10
	maxSheet = 4 << 20 // a sheet may have 1 MB, and a form writes some characters as three
)

func (c *Console) routes() []route {
	get, post := http.MethodGet, http.MethodPost
	const conv, concern = "/console/conversations/:id", "/console/concerns/:id"
	return []route{
		{get, "/console/sign-in", nil, 0, c.showSignIn},
		{post, "/console/sign-in", nil, 0, c.postSignIn},
		{post, "/console/sign-out", anyone, 0, c.postSignOut},

		{get, "/console", anyone, 0, c.showHome},
		{get, "/console/queue/rows", listeners, 0, c.showRows},
		{get, "/console/ws", listeners, 0, c.serveSocket},

		{get, conv, listeners, 0, c.showConversation},
		{get, conv + "/live", listeners, 0, c.showLive},
		{post, conv + "/take", listeners, 0, c.postTake},
		{post, conv + "/hand-back", listeners, 0, c.postHandBack},
		{post, conv + "/say", listeners, 0, c.postSay},
		{post, conv + "/note", listeners, 0, c.postNote},
		{post, conv + "/reviewed", listeners, 0, c.postReviewed},
		{post, conv + "/close", listeners, 0, c.postClose},
		{post, conv + "/raise", listeners, 0, c.postRaise},
		{post, conv + "/judge", listeners, 0, c.postJudge},
		{post, conv + "/test-seen", listeners, 0, c.postTestSeen},
		{post, "/console/cost", listeners, 0, c.postCost},

		{get, "/console/lines", listeners, 0, c.showLines},
		{post, "/console/lines/run", managers, 0, c.postRunLines},
		{get, "/console/reports", managers, 0, c.showReport},
		{get, "/console/reports.csv", managers, 0, c.showReportCSV},

		{get, concern, listeners, 0, c.showConcern},
		{post, concern + "/facts", listeners, 0, c.postFacts},
		{post, concern + "/duty", listeners, 0, c.postDuty},
		{post, concern + "/handling", listeners, 0, c.postHandling},
		{post, concern + "/link", listeners, 0, c.postLink},
		{post, concern + "/unlink", listeners, 0, c.postUnlink},
		{post, concern + "/close", listeners, 0, c.postCloseConcern},

		{get, "/console/recordings/:id", listeners, 0, c.showRecording},
		{post, "/console/recordings/:id/listened", listeners, 0, c.postListened},

		{get, "/console/sheets", editors, 0, c.showSheets},
		{get, "/console/sheets/new", editors, 0, c.showNewSheet},
		{post, "/console/sheets/new", editors, 0, c.postNewSheet},
		{get, "/console/sheets/:slug", editors, 0, c.showSheet},
		{post, "/console/sheets/:slug", editors, maxSheet, c.postSheet},
		{post, "/console/sheets/:slug/discard", editors, 0, c.postDiscard},
		{post, "/console/sheets/:slug/withdraw", editors, 0, c.postWithdraw},
		{get, "/console/sheets/:slug/versions", editors, 0, c.showVersions},
		{get, "/console/sheets/:slug/versions/:n", editors, 0, c.showVersion},
		{post, "/console/preview", editors, maxSheet, c.postPreview},
		{get, "/console/contacts", editors, 0, c.showContacts},
		{get, "/console/questions", editors, 0, c.showQuestions},
		{post, "/console/questions/:id/done", editors, 0, c.postQuestionDone},

		{get, "/console/people", admins, 0, c.showPeople},

		{echo.RouteNotFound, "/console/*", anyone, 0, c.showNothing},
	}
}

// visit is one request of one worker.
type visit struct {
	echo.Context
	worker dialog.Worker // ID empty: not signed in
	token  string        // the session's
	csrf   string
}
