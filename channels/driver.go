package channels

import (
	"context"

	"github.com/labstack/echo/v4"

	"helpline/dialog"
)

// Receiver is what drivers bring their messages to: the desk.
type Receiver interface {
	// Receive accepts one inbound message in one transaction. Without an
	// error everything in Received is on disk, and the driver may answer its
	// provider with a 2xx. *dialog.InvalidError is the sender's fault.
	Receive(ctx context.Context, in dialog.Inbound) (dialog.Received, error)
	// Report takes a provider's later word on a line. A report about a line
	// that is not known is dialog.ErrNotFound.
	Report(ctx context.Context, r dialog.DeliveryReport) error
}

// Driver is one provider: its webhooks and its way of sending.
type Driver interface {
	Name() string
	// Mount adds the provider's webhooks to the public routes.
	Mount(g *echo.Group, in Receiver)
	// Send hands one line to the provider. The error is a *dialog.SendError.
	Send(ctx context.Context, out dialog.Outbound) (dialog.Receipt, error)
}

// abilities is what each medium can carry.
var abilities = map[dialog.Medium]dialog.Abilities{
	dialog.SMS:     {Push: true, Short: true, Segments: 2, Public: true},
	dialog.Webchat: {Typing: true},
	dialog.Voice:   {Inline: true, Short: true},
}

// AbilitiesOf says what a medium can carry. An unknown medium can carry
// nothing but short words.
func AbilitiesOf(m dialog.Medium) dialog.Abilities { return abilities[m] }
