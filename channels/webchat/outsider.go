package webchat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"helpline/channels"
)

// dialWithin is how long opening a socket may take.
const dialWithin = 10 * time.Second

// Say opens a chat at a public address as a visitor's browser does, says one
// thing with the client's id, and returns when it is stored. The same visitor
// and id again are the same message. It is how the line
// is tested: through the name, the proxy, the certificate and the websocket. The
// error is in plain words, for staff.
func Say(ctx context.Context, public, visitor, id, text string) error {
	address, err := url.Parse(public)
	if err != nil {
		return errors.New("the public address cannot be asked")
	}
	address.Scheme = map[string]string{"https": "wss", "http": "ws"}[address.Scheme]
	address.Path = strings.TrimSuffix(address.Path, "/") + "/chat/ws"
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialWithin}
	ws, res, err := dialer.DialContext(ctx, address.String(), nil)
	if res != nil {
		_ = res.Body.Close()
	}
	switch {
	case err != nil && res != nil:
		return fmt.Errorf("the chat answered %d %s instead of opening a websocket: the proxy has to let them through", res.StatusCode, http.StatusText(res.StatusCode))
	case err != nil:
		return channels.Unreached(err)
	}
	defer func() { _ = ws.Close() }()
	if end, ok := ctx.Deadline(); ok {
		_ = ws.SetReadDeadline(end)
		_ = ws.SetWriteDeadline(end)
	}
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
	defer stop()
	secret := sha256.Sum256([]byte("visitor from outside " + visitor))
	hello := clientFrame{Type: typeHello, Token: base64.RawURLEncoding.EncodeToString(secret[:])}
	for _, frame := range []clientFrame{hello, {Type: typeSay, ID: id, Text: text}} {
		if err := ws.WriteJSON(frame); err != nil {
			return channels.Unreached(err)
		}
	}
	for {
		var f struct {
			Type, ID string
			Code     code
		}
		if err := ws.ReadJSON(&f); err != nil {
			return channels.Unreached(err)
		}
		switch {
		case f.Type == typeStored && f.ID == id:
			// The goodbye is a courtesy: what counts is stored.
			_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(closeWithin))
			return nil
		case f.Type == typeError:
			return fmt.Errorf("the chat did not take the message (%s)", f.Code)
		}
	}
}
