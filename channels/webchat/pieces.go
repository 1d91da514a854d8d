package webchat

import (
	"html/template"
	"regexp"
	"strings"
)

// piece is a part of a line of ours: words, or words that lead somewhere.
type piece struct {
	Text string
	// Href is "" for plain words. It is never anything but http, https, tel or
	// mailto (html/template would not let tel through by itself).
	Href template.URL
}

// links finds web addresses, email addresses and telephone numbers as they
// are written in the United Kingdom. elements.js has the same pattern; a test
// holds them together.
var links = regexp.MustCompile(`https?://[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\+44[ \d]{9,14}\d|\b0\d[ \d]{7,11}\d\b|\b116 ?123\b|\b999\b`)

// pieces cuts a line into words and links. Only our own lines are cut: what a
// visitor wrote is shown as it is.
func pieces(text string) []piece {
	var out []piece
	words := func(s string) {
		if s == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].Href == "" {
			out[n-1].Text += s
			return
		}
		out = append(out, piece{Text: s})
	}
	from := 0
	for _, m := range links.FindAllStringIndex(text, -1) {
		found := text[m[0]:m[1]]
		if strings.HasPrefix(found, "http") {
			found = strings.TrimRight(found, ".,;:!?)'’”")
		}
		words(text[from:m[0]])
		from = m[0] + len(found)
		if href := hrefOf(found, text[:m[0]]); href != "" {
			out = append(out, piece{found, template.URL(href)})
		} else {
			words(found)
		}
	}
	words(text[from:])
	return out
}

// hrefOf is where a found text leads, or "" when it only looks like a link.
func hrefOf(found, before string) string {
	switch {
	case strings.HasPrefix(found, "http"):
		return found
	case strings.Contains(found, "@"):
		return "mailto:" + found
	}
	if before != "" && strings.ContainsAny(before[len(before)-1:], "0123456789.,-/+#") {
		return "" // part of something longer
	}
	if strings.HasSuffix(before, "£") {
		return ""
	}
	return "tel:" + strings.ReplaceAll(found, " ", "")
}
