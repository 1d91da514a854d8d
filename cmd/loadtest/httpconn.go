package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// answerWithin is how long a request may take: Twilio gives up after 15 s
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
const answerWithin = 15 * time.Second

// conn is one kept connection of the pretend provider. It does the little of
// HTTP/1.1 that a webhook needs, because the load generator shares the machine
// with what it measures and net/http's client costs as much as the service's
// server. One goroutine uses it at a time.
type conn struct {
	addr string
	c    net.Conn
	r    *bufio.Reader
	buf  []byte
}

// errTooOdd says that an answer uses a part of HTTP that conn does not know.
var errTooOdd = errors.New("the answer has neither a length nor chunks")

// post sends a form and returns the answer's status. A connection that broke is
// opened anew at the next call; the request is not repeated.
func (c *conn) post(path, signature string, form []byte) (status int, err error) {
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.c == nil {
		if c.c, err = net.DialTimeout("tcp", c.addr, answerWithin); err != nil {
			return 0, err
		}
		c.r = bufio.NewReaderSize(c.c, 4096)
	}
	b := append(c.buf[:0], "POST "...)
	b = append(append(b, path...), " HTTP/1.1\r\nHost: "...)
	b = append(append(b, c.addr...), "\r\nUser-Agent: TwilioProxy/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: "...)
	b = append(append(b, signature...), "\r\nContent-Length: "...)
	b = append(strconv.AppendInt(b, int64(len(form)), 10), "\r\n\r\n"...)
	b = append(b, form...)
	c.buf = b
	if err = c.c.SetDeadline(time.Now().Add(answerWithin)); err != nil {
		return 0, err
	}
	if _, err = c.c.Write(b); err != nil {
		return 0, err
	}
	return c.answer()
}

// answer reads one answer and throws its body away.
func (c *conn) answer() (status int, err error) {
	line, err := c.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("no answer of HTTP/1.1: %.40q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, fmt.Errorf("read the status: %w", err)
	}
	length, chunked, last := int64(-1), false, false
	for {
		if line, err = c.line(); err != nil {
			return 0, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return 0, fmt.Errorf("read the length: %w", err)
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("Connection")):
			last = bytes.EqualFold(value, []byte("close"))
		}
	}
	switch {
	case chunked:
		err = c.chunks()
	case length >= 0:
		_, err = io.CopyN(io.Discard, c.r, length)
	case status == 204 || status == 304:
	default:
		err = errTooOdd
	}
	if last {
		c.close()
	}
	return status, err
}

func (c *conn) chunks() error {
	for {
		line, err := c.line()
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(line), 16, 64)
		if err != nil {
			return fmt.Errorf("read the size of a chunk: %w", err)
		}
		if _, err = io.CopyN(io.Discard, c.r, size); err != nil {
			return err
		}
		if _, err = c.line(); err != nil || size == 0 {
			return err
		}
	}
}

func (c *conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

func (c *conn) close() {
	if c.c != nil {
		_ = c.c.Close()
		c.c = nil
	}
}
