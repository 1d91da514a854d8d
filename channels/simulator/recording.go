package simulator

import (
	"encoding/binary"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// recording is a recorded message that the API gives out.
type recording struct {
	sid, callSID, url string
	wav               []byte
	length            time.Duration
	at                time.Time
}

func (r *recording) seconds() int { return int((r.length + 500*time.Millisecond) / time.Second) }

// keepRecordings bounds the audio in memory.
const keepRecordings = 200

func (n *Network) keepRecording(wav []byte, callSID string, length time.Duration) *recording {
	r := &recording{sid: newSID("RE"), callSID: callSID, wav: wav, length: length, at: n.Now()}
	r.url = n.APIBase + "/" + apiVersion + "/Accounts/" + n.AccountSID + "/Recordings/" + r.sid
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.recordings) >= keepRecordings {
		var oldest *recording
		for _, have := range n.recordings {
			if oldest == nil || have.at.Before(oldest.at) {
				oldest = have
			}
		}
		delete(n.recordings, oldest.sid)
	}
	n.recordings[r.sid] = r
	return r
}

// telling is the recording's own webhook, and whether it comes before the call's.
type telling struct {
	first bool
	run   func()
}

// tellRecording prepares the request to recordingStatusCallback
// (https://www.twilio.com/docs/voice/twiml/record#recordingstatuscallback).
func (n *Network) tellRecording(r *recording, callback string) telling {
	_, first := n.fault(RecordingFirst)
	_, twice := n.fault(RecordingTwice)
	form := url.Values{
		"AccountSid": {n.AccountSID}, "CallSid": {r.callSID}, "RecordingSid": {r.sid}, "RecordingUrl": {r.url},
		"RecordingStatus": {"completed"}, "RecordingDuration": {strconv.Itoa(r.seconds())}, "RecordingChannels": {"1"},
		"RecordingStartTime": {r.at.UTC().Format(time.RFC1123Z)}, "RecordingSource": {"RecordVerb"},
		"RecordingTrack": {"inbound"}, "ErrorCode": {"0"},
	}
	return telling{first: first, run: func() {
		if callback == "" {
			return
		}
		times := 1
		if twice {
			times = 2
		}
		for range times {
			if got := n.deliver(n.ctx, callback, "", form); !got.ok() && n.ctx.Err() == nil {
				n.Logger.Warn("pretend network: word of a recording was not taken", "status", got.status)
			}
		}
	}}
}

func (n *Network) fetchRecording(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	sid := strings.TrimSuffix(name, path.Ext(name))
	n.mu.Lock()
	rec, ok := n.recordings[sid]
	if ok {
		if _, missing := n.takeFault(NoRecording); missing {
			ok = false
		}
	}
	n.mu.Unlock()
	if !ok || (path.Ext(name) != "" && path.Ext(name) != ".wav") {
		writeError(w, newAPIError(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found"))
		return
	}
	w.Header().Set("Content-Type", "audio/x-wav")
	w.Header().Set("Content-Length", strconv.Itoa(len(rec.wav)))
	_, _ = w.Write(rec.wav) // whoever asked may have gone
}

var errNotWAV = errors.New("this is not a WAV file")

// duration reads how long a WAV file is (RIFF, chunks "fmt " and "data").
func duration(wav []byte) (time.Duration, error) {
	if len(wav) < 12 || string(wav[:4]) != "RIFF" || string(wav[8:12]) != "WAVE" {
		return 0, errNotWAV
	}
	var perSecond uint32
	for rest := wav[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), binary.LittleEndian.Uint32(rest[4:8])
		body := rest[8:]
		switch id {
		case "fmt ":
			if len(body) < 16 {
				return 0, errNotWAV
			}
			perSecond = binary.LittleEndian.Uint32(body[8:12])
		case "data":
			if perSecond == 0 {
				return 0, errNotWAV
			}
			have := min(uint64(size), uint64(len(body))) // a stream says 0xFFFFFFFF
			return time.Duration(have) * time.Second / time.Duration(perSecond), nil
		}
		next := uint64(size) + uint64(size&1)
		if next > uint64(len(body)) {
			return 0, errNotWAV
		}
		rest = body[next:]
	}
	return 0, errNotWAV
}
