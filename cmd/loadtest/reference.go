package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
)

// twimlNothing is the empty answer to a webhook.
const twimlNothing = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// serveReference is the other process: what this machine can do at most for a
// text message (echo, the signature, one committed row, TwiML) and for a chat
// (gorilla's echo, with and without a committed row), and nothing else. It
// writes its address to out and ends when in does.
func serveReference(in io.Reader, out io.Writer, folder, token, public string) error {
	stored, err := openRows(filepath.Join(folder, "reference.db"))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if public == "" {
		public = "http://" + l.Addr().String()
	}
	server := &http.Server{Handler: referencePages(stored, token, public), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in) // until whoever started us is gone
		_ = server.Close()
	}()
	if _, err := fmt.Fprintln(out, l.Addr().String()); err != nil {
		return err
	}
	_ = server.Serve(l)
	return stored.close()
}

func referencePages(stored *rows, token, public string) *echo.Echo {
	e := echo.New()
	e.HideBanner = true
	e.POST("/twilio/sms", func(c echo.Context) error {
		form, err := c.FormParams()
		if err != nil {
			return c.NoContent(http.StatusBadRequest)
		}
		params := make([]param, 0, 24)
		for name, values := range form {
			params = append(params, param{name, values[0]})
		}
		want := newSigner(token).sign(public+c.Request().RequestURI, params)
		if subtle.ConstantTimeCompare([]byte(want), []byte(c.Request().Header.Get("X-Twilio-Signature"))) != 1 {
			return c.NoContent(http.StatusForbidden)
		}
		if err := stored.insert(form.Get("MessageSid"), form.Get("From"), form.Get("Body")); err != nil {
			return c.String(http.StatusServiceUnavailable, err.Error())
		}
		return c.Blob(http.StatusOK, "text/xml; charset=utf-8", []byte(twimlNothing))
	})
	e.GET("/count", func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), 30*time.Second)
		defer cancel()
		n, err := stored.count(ctx)
		if err != nil {
			return c.String(http.StatusServiceUnavailable, err.Error())
		}
		return c.String(http.StatusOK, fmt.Sprint(n))
	})
	up := websocket.Upgrader{}
	each := func(keep func(line []byte) error) echo.HandlerFunc {
		return func(c echo.Context) error {
			ws, err := up.Upgrade(c.Response(), c.Request(), nil)
			if err != nil {
				return nil // the upgrader has answered
			}
			defer func() { _ = ws.Close() }()
			for {
				kind, line, err := ws.ReadMessage()
				if err != nil || keep(line) != nil || ws.WriteMessage(kind, line) != nil {
					return nil
				}
			}
		}
	}
	e.GET("/echo", each(func([]byte) error { return nil }))
	e.GET("/stored", each(func(line []byte) error { return stored.insert(string(line), "chat", string(line)) }))
	return e
}
