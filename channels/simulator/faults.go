package simulator

// FaultKind is something that can go wrong on a telephone network.
type FaultKind string

// The faults. Those of sending wait for the helpline's next message, those of
// webhooks for the next text to it, NoRecording for the next recording that is
// asked for.
const (
	// Timeout: the API never answers, and has not taken the message.
	Timeout FaultKind = "timeout"
	// TimeoutTaken: the API never answers, but the message goes out.
	TimeoutTaken FaultKind = "timeout_taken"
	// Dropped: the connection ends before the answer, but the message goes out.
	Dropped FaultKind = "dropped"
	// TooMany: 429 with code 20429 and Retry-After: 1.
	TooMany FaultKind = "too_many"
	// ServerError: 500 with code 20500.
	ServerError FaultKind = "server_error"
	// Rejected: 400 with Code (21211, 21610, 21614 …).
	Rejected FaultKind = "rejected"
	// Undelivered: taken, sent, and then reported undelivered with Code
	// (30003, 30005, 30006, 30007, 30034 …).
	Undelivered FaultKind = "undelivered"
	// ReceiptsTwice: every receipt of a message comes twice.
	ReceiptsTwice FaultKind = "receipts_twice"
	// ReceiptsLate: receipts wait twenty times the pace, at least two seconds.
	ReceiptsLate FaultKind = "receipts_late"
	// ReceiptsReversed: delivered is reported before sent.
	ReceiptsReversed FaultKind = "receipts_reversed"
	// NoReceipts: nothing is heard of the message again.
	NoReceipts FaultKind = "no_receipts"
	// NoAnswer: the helpline's next call to a handset is not answered.
	NoAnswer FaultKind = "no_answer"
	// WebhookTenfold: the next text is brought ten times at once.
	WebhookTenfold FaultKind = "webhook_tenfold"
	// NoRecording: a recording is not there yet (404).
	NoRecording FaultKind = "no_recording"
	// RecordingFirst: the recording's own webhook comes before the call's.
	RecordingFirst FaultKind = "recording_first"
	// RecordingTwice: the recording's own webhook comes twice.
	RecordingTwice FaultKind = "recording_twice"
)

// Fault is a kind, how often it will happen and, where it has one, the code.
type Fault struct {
	Kind  FaultKind
	Times int // 0 counts as once
	Code  int
}

// Fail makes something go wrong. Faults of one kind happen in the order asked
// for; different kinds can meet in one message.
func (n *Network) Fail(f Fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f.Times = max(f.Times, 1)
	n.faults = append(n.faults, f)
	n.touch()
}

// Faults lists what is still to go wrong.
func (n *Network) Faults() []Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Fault(nil), n.faults...)
}

// Mend forgets all faults that have not happened.
func (n *Network) Mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = nil
	n.touch()
}

// Block opts a number out at the network, as Twilio's own STOP does: messages
// to it are refused with 21610 until it is unblocked.
func (n *Network) Block(number string, blocked bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.blocked[number] = blocked
	n.touch()
}

// takeFault uses up one fault of a kind. n.mu is held.
func (n *Network) takeFault(kind FaultKind) (Fault, bool) {
	for i := range n.faults {
		if n.faults[i].Kind != kind {
			continue
		}
		f := n.faults[i]
		if n.faults[i].Times--; n.faults[i].Times == 0 {
			n.faults = append(n.faults[:i:i], n.faults[i+1:]...)
		}
		n.touch()
		return f, true
	}
	return Fault{}, false
}

// fault uses up one fault of a kind.
func (n *Network) fault(kind FaultKind) (Fault, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.takeFault(kind)
}
