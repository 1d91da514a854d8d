package sheets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"helpline/knowledge"
)

// worthPacking is the number of bytes from which a body is compressed: below,
// it travels in one packet as it is.
const worthPacking = 1400

// send answers with body and a tag of the library's version and of the body,
// or with 304 when the caller has it (RFC 9110, section 13.1.2). The tag is a
// weak one because the body may travel compressed.
func send(c echo.Context, lib *knowledge.Library, contentType string, body []byte) error {
	sum := sha256.Sum256(body)
	h := c.Response().Header()
	h.Set("ETag", `W/"`+lib.Version()+"-"+hex.EncodeToString(sum[:6])+`"`)
	h.Set("Content-Type", contentType)
	h.Add("Vary", "Accept-Encoding")
	if len(body) >= worthPacking && acceptsGzip(c.Request()) {
		packed, err := pack(body)
		if err != nil {
			return err
		}
		h.Set("Content-Encoding", "gzip")
		body = packed
	}
	c.Request().Header.Del("Range") // a part of a page that may have changed is of no use
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(body))
	return nil
}

func pack(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress a page: %w", err)
	}
	return b.Bytes(), nil
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			return !strings.HasPrefix(strings.ReplaceAll(weight, " ", ""), "q=0") || strings.ContainsAny(weight, "123456789")
		}
	}
	return false
}
