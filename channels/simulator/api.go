package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const apiVersion = "2010-04-01"

// longestBody is how many characters one message may have (error 21617).
const longestBody = 1600

// apiError is an error as Twilio's API writes it.
type apiError struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	MoreInfo string `json:"more_info"`
	Status   int    `json:"status"`
}

func newAPIError(status, code int, message string) *apiError {
	return &apiError{Code: code, Message: message, MoreInfo: "https://www.twilio.com/docs/errors/" + strconv.Itoa(code), Status: status}
}

// resource is a Message as Twilio's API writes it
// (https://www.twilio.com/docs/messaging/api/message-resource).
type resource struct {
	AccountSID          string            `json:"account_sid"`
	APIVersion          string            `json:"api_version"`
	Body                string            `json:"body"`
	DateCreated         string            `json:"date_created"`
	DateSent            *string           `json:"date_sent"`
	DateUpdated         string            `json:"date_updated"`
	Direction           string            `json:"direction"`
	ErrorCode           *int              `json:"error_code"`
	ErrorMessage        *string           `json:"error_message"`
	From                string            `json:"from"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	NumMedia            string            `json:"num_media"`
	NumSegments         string            `json:"num_segments"`
	Price               *string           `json:"price"`
	PriceUnit           *string           `json:"price_unit"`
	SID                 string            `json:"sid"`
	Status              string            `json:"status"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
	To                  string            `json:"to"`
	URI                 string            `json:"uri"`
}

func (n *Network) resourceOf(m Message) resource {
	uri := "/" + apiVersion + "/Accounts/" + n.AccountSID + "/Messages/" + m.SID
	at := m.At.UTC().Format(time.RFC1123Z)
	r := resource{
		AccountSID: n.AccountSID, APIVersion: apiVersion, Body: m.Body, DateCreated: at, DateUpdated: at,
		Direction: "outbound-api", From: m.From, To: m.To, NumMedia: "0", NumSegments: strconv.Itoa(m.Segments),
		SID: m.SID, Status: m.Status, URI: uri + ".json", SubresourceURIs: map[string]string{"media": uri + "/Media.json"},
	}
	if m.Incoming {
		r.Direction = "inbound"
	}
	if m.Code != 0 {
		r.ErrorCode = &m.Code
	}
	if m.Status != "queued" {
		r.DateSent = &at
	}
	return r
}

// api is the part of Twilio's REST API that the helpline uses.
func (n *Network) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /"+apiVersion+"/Accounts/{account}/Messages.json", n.createMessage)
	mux.HandleFunc("GET /"+apiVersion+"/Accounts/{account}/Messages.json", n.listMessages)
	mux.HandleFunc("GET /"+apiVersion+"/Accounts/{account}/Messages/{name}", n.fetchMessage)
	mux.HandleFunc("POST /"+apiVersion+"/Accounts/{account}/Calls.json", n.createCall)
	mux.HandleFunc("GET /"+apiVersion+"/Accounts/{account}/Calls/{name}", n.fetchCall)
	mux.HandleFunc("GET /"+apiVersion+"/Accounts/{account}/Recordings.json", n.listRecordings)
	mux.HandleFunc("GET /"+apiVersion+"/Accounts/{account}/Recordings/{name}", n.fetchRecording)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, newAPIError(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found"))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok || user != n.AccountSID || password != n.AuthToken {
			w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
			writeError(w, newAPIError(http.StatusUnauthorized, 20003, "Authenticate"))
			return
		}
		if rest := strings.TrimPrefix(r.URL.Path, "/"+apiVersion+"/Accounts/"); !strings.HasPrefix(rest, n.AccountSID+"/") {
			writeError(w, newAPIError(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func writeError(w http.ResponseWriter, e *apiError) { writeJSON(w, e.Status, e) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// Whoever asked may have gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(v)
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// wrong says what Twilio would find wrong with a new message.
func (n *Network) wrong(form url.Values) *apiError {
	bad := func(code int, message string) *apiError { return newAPIError(http.StatusBadRequest, code, message) }
	to, from, body := form.Get("To"), form.Get("From"), form.Get("Body")
	switch {
	case to == "":
		return bad(21604, "A 'To' phone number is required.")
	case from == "" && form.Get("MessagingServiceSid") == "":
		return bad(21603, "A 'From' phone number is required.")
	case !e164.MatchString(to):
		return bad(21211, "Invalid 'To' Phone Number: "+to)
	case from != n.SMSNumber:
		return bad(21606, "The 'From' phone number provided ("+from+") is not a valid message-capable Twilio phone number for this destination.")
	case body == "":
		return bad(21602, "Message body is required.")
	case utf8.RuneCountInString(body) > longestBody:
		return bad(21617, "The concatenated message body exceeds the 1600 character limit")
	}
	if callback := form.Get("StatusCallback"); callback != "" {
		if u, err := url.Parse(callback); err != nil || u.Host == "" {
			return bad(21609, "The 'StatusCallback' URL "+callback+" is not a valid URL.")
		}
	}
	return nil
}

func (n *Network) createMessage(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeError(w, newAPIError(http.StatusBadRequest, 20001, "Unable to parse the request"))
		return
	}
	if e := n.wrong(r.PostForm); e != nil {
		writeError(w, e)
		return
	}
	n.mu.Lock()
	if n.blocked[r.PostForm.Get("To")] {
		n.mu.Unlock()
		writeError(w, newAPIError(http.StatusBadRequest, 21610, "Attempt to send to unsubscribed recipient"))
		return
	}
	if e, hang := n.refusal(); e != nil || hang {
		n.mu.Unlock()
		if hang {
			n.hang(r)
			return
		}
		if e.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		writeError(w, e)
		return
	}
	m := &Message{
		SID: newSID("SM"), From: r.PostForm.Get("From"), To: r.PostForm.Get("To"), Body: r.PostForm.Get("Body"),
		Status: "queued", callback: r.PostForm.Get("StatusCallback"),
	}
	n.add(m)
	created := *m
	plan := n.planReceipts()
	if n.off[m.To] {
		plan.undelivered = 30003 // "Unreachable destination handset"
	}
	_, hang := n.takeFault(TimeoutTaken)
	_, drop := n.takeFault(Dropped)
	n.mu.Unlock()
	n.work.Go(func() { n.report(m, plan) })
	switch {
	case hang:
		n.hang(r)
	case drop:
		panic(http.ErrAbortHandler) // net/http's way to end a connection unanswered
	default:
		writeJSON(w, http.StatusCreated, n.resourceOf(created))
	}
}

// refusal uses up the faults that keep a message from being taken. n.mu is held.
func (n *Network) refusal() (e *apiError, hang bool) {
	if _, ok := n.takeFault(Timeout); ok {
		return nil, true
	}
	if _, ok := n.takeFault(TooMany); ok {
		return newAPIError(http.StatusTooManyRequests, 20429, "Too Many Requests"), false
	}
	if _, ok := n.takeFault(ServerError); ok {
		return newAPIError(http.StatusInternalServerError, 20500, "Internal Server Error"), false
	}
	if f, ok := n.takeFault(Rejected); ok {
		return newAPIError(http.StatusBadRequest, f.Code, "Refused on demand"), false
	}
	return nil, false
}

// hang leaves a request without an answer until whoever asks gives up.
func (n *Network) hang(r *http.Request) {
	n.holding(r)
	select {
	case <-r.Context().Done():
	case <-n.ctx.Done():
	}
	panic(http.ErrAbortHandler)
}

func (n *Network) fetchMessage(w http.ResponseWriter, r *http.Request) {
	sid, isJSON := strings.CutSuffix(r.PathValue("name"), ".json")
	n.mu.Lock()
	m, ok := n.bySID[sid]
	var found Message
	if ok {
		found = *m
	}
	n.mu.Unlock()
	if !ok || !isJSON {
		writeError(w, newAPIError(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found"))
		return
	}
	writeJSON(w, http.StatusOK, n.resourceOf(found))
}
