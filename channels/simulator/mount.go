package simulator

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"helpline/internal/web"
)

// The account of a demonstration, which exists on this machine only.
const (
	DemoSID   = "AC00000000000000000000000000000000"
	DemoToken = "pretendnetworkpretendnetwork0000"
)

// maxUpload is the longest recording that a page takes: a quarter of an hour
// at telephone quality.
const maxUpload = 16 << 20

// Handler serves the REST API below /2010-04-01/ and the pages below /simulator.
func (n *Network) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/"+apiVersion+"/", n.api())
	// Another site that is open in the same browser must not text in somebody's name.
	mux.Handle("/simulator", http.NewCrossOriginProtection().Handler(n.pages))
	mux.Handle("/simulator/", http.NewCrossOriginProtection().Handler(n.pages))
	return mux
}

// Mount adds everything that Handler serves to e.
func (n *Network) Mount(e *echo.Echo) {
	h := echo.WrapHandler(n.Handler())
	g := e.Group("", web.Headers(web.Policy{Microphone: true}), web.MaxBody(maxUpload+1<<20))
	g.Any("/simulator", h)
	g.Any("/simulator/*", h)
	g.Any("/"+apiVersion+"/*", h)
}
