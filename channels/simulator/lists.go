package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// page is a list as Twilio's API writes it, a page at a time
// (https://www.twilio.com/docs/usage/twilios-response#pagination).
type page struct {
	End             int     `json:"end"`
	FirstPageURI    string  `json:"first_page_uri"`
	NextPageURI     *string `json:"next_page_uri"`
	Page            int     `json:"page"`
	PageSize        int     `json:"page_size"`
	PreviousPageURI *string `json:"previous_page_uri"`
	Start           int     `json:"start"`
	URI             string  `json:"uri"`
}

// paginate says which items of a list a request asks for.
func paginate(r *http.Request, total int) (p page, from, to int) {
	q := r.URL.Query()
	p.PageSize, p.Page = 50, 0
	if n, err := strconv.Atoi(q.Get("PageSize")); err == nil && n > 0 {
		p.PageSize = min(n, 1000)
	}
	if n, err := strconv.Atoi(q.Get("Page")); err == nil && n > 0 {
		p.Page = n
	}
	from = min(p.Page*p.PageSize, total)
	to = min(from+p.PageSize, total)
	at := func(number int) string {
		next := url.Values{}
		for k, v := range q {
			next[k] = v
		}
		next.Set("Page", strconv.Itoa(number))
		next.Set("PageSize", strconv.Itoa(p.PageSize))
		return r.URL.Path + "?" + next.Encode()
	}
	p.URI, p.FirstPageURI = at(p.Page), at(0)
	p.Start, p.End = from, max(from, to-1)
	if to < total {
		next := at(p.Page + 1)
		p.NextPageURI = &next
	}
	if p.Page > 0 {
		previous := at(p.Page - 1)
		p.PreviousPageURI = &previous
	}
	return p, from, to
}

// after reads a filter such as DateSent>=2026-03-02, whose name ends in ">".
func after(r *http.Request, name string) time.Time {
	value := r.URL.Query().Get(name + ">")
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t
		}
	}
	return time.Time{}
}

func (n *Network) listMessages(w http.ResponseWriter, r *http.Request) {
	since, to, from := after(r, "DateSent"), r.URL.Query().Get("To"), r.URL.Query().Get("From")
	var found []resource
	n.mu.Lock()
	for _, m := range slices.Backward(n.messages) { // Twilio lists the newest first
		if (to == "" || m.To == to) && (from == "" || m.From == from) && !m.At.Before(since) {
			found = append(found, n.resourceOf(*m))
		}
	}
	n.mu.Unlock()
	p, first, end := paginate(r, len(found))
	writeJSON(w, http.StatusOK, struct {
		page
		Messages []resource `json:"messages"`
	}{p, found[first:end]})
}

// recordingResource is a Recording as Twilio's API writes it
// (https://www.twilio.com/docs/voice/api/recording), in the fields that matter.
type recordingResource struct {
	AccountSID  string `json:"account_sid"`
	APIVersion  string `json:"api_version"`
	CallSID     string `json:"call_sid"`
	Channels    int    `json:"channels"`
	DateCreated string `json:"date_created"`
	Duration    string `json:"duration"`
	MediaURL    string `json:"media_url"`
	SID         string `json:"sid"`
	Source      string `json:"source"`
	StartTime   string `json:"start_time"`
	Status      string `json:"status"`
	URI         string `json:"uri"`
}

func (n *Network) listRecordings(w http.ResponseWriter, r *http.Request) {
	since := after(r, "DateCreated")
	var all []*recording
	n.mu.Lock()
	for _, rec := range n.recordings {
		if !rec.at.Before(since) {
			all = append(all, rec)
		}
	}
	n.mu.Unlock()
	slices.SortFunc(all, func(a, b *recording) int { return b.at.Compare(a.at) })
	p, first, end := paginate(r, len(all))
	found := []recordingResource{}
	for _, rec := range all[first:end] {
		at := rec.at.UTC().Format(time.RFC1123Z)
		found = append(found, recordingResource{
			AccountSID: n.AccountSID, APIVersion: apiVersion, CallSID: rec.callSID, Channels: 1, DateCreated: at, StartTime: at,
			Duration: strconv.Itoa(rec.seconds()), MediaURL: rec.url, SID: rec.sid, Source: "RecordVerb", Status: "completed",
			URI: "/" + apiVersion + "/Accounts/" + n.AccountSID + "/Recordings/" + rec.sid + ".json",
		})
	}
	writeJSON(w, http.StatusOK, struct {
		page
		Recordings []recordingResource `json:"recordings"`
	}{p, found})
}

func (n *Network) fetchCall(w http.ResponseWriter, r *http.Request) {
	sid, isJSON := strings.CutSuffix(r.PathValue("name"), ".json")
	c, ok := n.call(sid)
	if !ok || !isJSON {
		writeError(w, newAPIError(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found"))
		return
	}
	// What changes while a call goes on is left out: it is the call's to tell.
	writeJSON(w, http.StatusOK, map[string]any{
		"account_sid": n.AccountSID, "api_version": apiVersion, "sid": c.sid, "from": c.from, "to": c.to,
		"direction": "inbound", "date_created": c.at.UTC().Format(time.RFC1123Z), "start_time": c.at.UTC().Format(time.RFC1123Z),
		"uri": r.URL.Path,
	})
}
