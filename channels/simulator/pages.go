package simulator

import "net/http"

type pages struct{ n *Network }

func newPages(n *Network) (*pages, error) { return &pages{n: n}, nil }

// Handler serves the REST API below /2010-04-01/ and the pages below /simulator.
func (n *Network) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/"+apiVersion+"/", n.api())
	return mux
}
