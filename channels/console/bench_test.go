package console_test

import (
	"net/url"
	"strconv"
	"testing"

	"helpline/dialog"
)

// A line from a worker's socket until it is stored, on SQLite with every
// commit on disk.
func BenchmarkStaffLineStored(b *testing.B) {
	h := open(b)
	sam := h.signedIn(b, h.hire(b, "Sam", dialog.Responder))
	got := h.chats(b, "visitor", "can i speak to a person please")
	sam.get("/console/conversations/" + string(got.Conversation))
	sam.post("/console/conversations/"+string(got.Conversation)+"/take", url.Values{})
	l := sam.socket()
	n := 0
	for b.Loop() {
		n++
		id := "b" + strconv.Itoa(n)
		l.send(o{"type": "say", "conversation": got.Conversation, "id": id, "text": "one moment please"})
		l.wait("stored", func(f frame) bool { return f.ID == id })
	}
}
