package webchat

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// The parts that the scripts are put together from: no build step, only one
// file behind the other.
var (
	//go:embed assets/elements.js
	elementsJS string
	//go:embed assets/leave.js
	leaveJS string
	//go:embed assets/chat.js
	chatJS string
	//go:embed assets/page.js
	pageJS string
	//go:embed assets/widget.js
	widgetJS string
	//go:embed assets/chat.css
	chatCSS string
	//go:embed assets/page.css
	pageCSS string
	//go:embed assets/widget.css
	widgetCSS string
)

// asset is one file that we serve.
type asset struct {
	kind    string
	body    []byte
	version string
	headers map[string]string
}

type assets struct{ page, widget, style asset }

// makeAssets puts the scripts together: the settings, the chat itself, and
// how it begins on the page or as a widget.
func makeAssets(texts map[string]string, publicURL, exitURL string) (assets, error) {
	settings := map[string]any{"base": strings.TrimSuffix(publicURL, "/"), "exit": exitURL, "maxText": maxText, "texts": texts}
	script := func(css, begin string) (asset, error) {
		s := settings
		if css != "" {
			s = map[string]any{"css": css}
			for k, v := range settings {
				s[k] = v
			}
		}
		conf, err := json.Marshal(s)
		if err != nil {
			return asset{}, fmt.Errorf("write the script's settings: %w", err)
		}
		body := "(() => {\n'use strict';\nconst settings = " + string(conf) + ";\n" + elementsJS + leaveJS + chatJS + begin + "})();\n"
		return newAsset("text/javascript; charset=utf-8", body), nil
	}
	var a assets
	var err error
	if a.page, err = script("", pageJS); err != nil {
		return a, err
	}
	if a.widget, err = script(chatCSS+widgetCSS, widgetJS); err != nil {
		return a, err
	}
	// Any site may load the widget.
	a.widget.headers = map[string]string{"Cross-Origin-Resource-Policy": "cross-origin", "Access-Control-Allow-Origin": "*"}
	a.style = newAsset("text/css; charset=utf-8", chatCSS+pageCSS)
	return a, nil
}

func newAsset(kind, body string) asset {
	sum := sha256.Sum256([]byte(body))
	return asset{kind: kind, body: []byte(body), version: hex.EncodeToString(sum[:8])}
}

// serve answers with the file; a version in the address makes it last.
func (a asset) serve(e echo.Context) error {
	h := e.Response().Header()
	for k, v := range a.headers {
		h.Set(k, v)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+a.version+`"`)
	h.Set("Cache-Control", "public, max-age=300")
	if e.QueryParam("v") == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if e.Request().Header.Get("If-None-Match") == `"`+a.version+`"` {
		return e.NoContent(http.StatusNotModified)
	}
	return e.Blob(http.StatusOK, a.kind, a.body)
}
