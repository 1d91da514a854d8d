package dialog

// Topic is what a notice is about.
type Topic string

// The topics. ID is a ConversationID for the first two, empty for the others.
const (
	ConversationChanged Topic = "conversation" // Seq: its newest event
	Typing              Topic = "typing"       // Seq: 1 the person, 2 staff
	QueueChanged        Topic = "queue"
	LibraryChanged      Topic = "library"
	LinesAsked          Topic = "lines" // the ways in are to be tested now
)

// Notice says that something changed. It carries ids, never words: whoever
// hears it reads the store by sequence.
type Notice struct {
	Topic Topic
	ID    string
	Seq   int64
}

// Bus carries notices between parts of a node and between nodes. It may lose
// them: a subscriber that may have missed one is called with an empty ID and
// catches up from the store. fn must not block.
type Bus interface {
	Publish(n Notice)
	Subscribe(topic Topic, fn func(Notice)) (cancel func())
}
