package simulator

import (
	"net/url"
	"strconv"
	"time"
)

// receipts is how the receipts of one message go.
type receipts struct {
	undelivered              int // code; 0: delivered
	twice, late, back, never bool
}

// planReceipts uses up the faults that concern receipts. n.mu is held.
func (n *Network) planReceipts() (p receipts) {
	if f, ok := n.takeFault(Undelivered); ok {
		p.undelivered = f.Code
		if p.undelivered == 0 {
			p.undelivered = 30003
		}
	}
	_, p.twice = n.takeFault(ReceiptsTwice)
	_, p.late = n.takeFault(ReceiptsLate)
	_, p.back = n.takeFault(ReceiptsReversed)
	_, p.never = n.takeFault(NoReceipts)
	return p
}

// report carries a message to its handset and tells the helpline.
func (n *Network) report(m *Message, p receipts) {
	pace := n.Pace
	if p.late {
		pace = max(20*pace, 2*time.Second)
	}
	last, code := "delivered", 0
	if p.undelivered != 0 {
		last, code = "undelivered", p.undelivered
	}
	steps := []string{"sent", last}
	if p.back {
		steps = []string{last, "sent"}
	}
	for _, status := range steps {
		if pace > 0 {
			select {
			case <-time.After(pace):
			case <-n.ctx.Done():
				return
			}
		}
		n.change(m, func() {
			if !p.back || status == last {
				m.Status = status
			}
			if status == last {
				m.Code = code
			}
		})
		if m.callback == "" || p.never {
			continue
		}
		n.receipt(m, status, code)
		if p.twice {
			n.receipt(m, status, code)
		}
	}
}

func (n *Network) receipt(m *Message, status string, code int) {
	form := url.Values{
		"SmsSid": {m.SID}, "MessageSid": {m.SID}, "SmsStatus": {status}, "MessageStatus": {status},
		"AccountSid": {n.AccountSID}, "From": {m.From}, "To": {m.To}, "ApiVersion": {apiVersion},
	}
	if status == "delivered" || status == "undelivered" {
		form.Set("RawDlrDoneDate", n.Now().UTC().Format("0601021504"))
	}
	if code != 0 && status != "sent" {
		form.Set("ErrorCode", strconv.Itoa(code))
	}
	if got := n.deliver(n.ctx, m.callback, "", form); !got.ok() && n.ctx.Err() == nil {
		n.Logger.Warn("pretend network: a receipt was not taken", "status", got.status)
	}
}
