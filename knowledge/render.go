package knowledge

import (
	"bytes"
	"html"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// referenceKinds are the words that may stand before the colon of a reference.
var referenceKinds = map[string]bool{"contact": true, "phone": true, "email": true, "web": true, "text": true, "hours": true, "name": true}

// reference is one {kind:id} in a text.
type reference struct {
	kind, id   string
	start, end int
}

// nextReference finds the first reference in s from the offset on. A kind that does
// not exist is returned as well: it is a fault, or ordinary text.
func nextReference(s string, from int) (reference, bool) {
	for from < len(s) {
		open := strings.IndexByte(s[from:], '{')
		if open < 0 {
			return reference{}, false
		}
		open += from
		end := strings.IndexAny(s[open+1:], "{}\n")
		if end < 0 {
			return reference{}, false
		}
		end += open + 1
		if s[end] == '}' {
			if kind, id, ok := strings.Cut(s[open+1:end], ":"); ok && isSlug(kind) {
				return reference{kind: kind, id: strings.TrimSpace(id), start: open, end: end + 1}, true
			}
		}
		from = open + 1
	}
	return reference{}, false
}

// form is how the values of references are written.
type form bool

const (
	formPlain    form = false
	formMarkdown form = true // numbers and addresses as links
)

// resolve replaces the references in s by what the register says.
func (l *Library) resolve(s string, as form) string {
	if strings.IndexByte(s, '{') < 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for {
		ref, ok := nextReference(s, at)
		if !ok {
			break
		}
		b.WriteString(s[at:ref.start])
		if value, known := l.contacts.value(ref.kind, ref.id, as); known {
			b.WriteString(value)
		} else {
			b.WriteString(s[ref.start:ref.end])
		}
		at = ref.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// value is the text of {kind:id}. known is false when there is no such contact, or
// it lacks what is asked for. A disputed contact shows its note in place of a number.
func (c Contacts) value(kind, id string, as form) (value string, known bool) {
	contact, ok := c.Get(id)
	if !ok {
		return "", false
	}
	number := func(v string) (string, bool) {
		if contact.Disputed {
			return "(" + as.text(contact.note()) + ")", contact.Note != ""
		}
		return v, v != ""
	}
	switch kind {
	case "name":
		return as.text(contact.Name), contact.Name != ""
	case "phone":
		return number(as.phone(contact.Phone))
	case "text":
		return number(as.text(contact.Text))
	case "email":
		return as.email(contact.Email), contact.Email != ""
	case "web":
		return as.web(contact.Web), contact.Web != ""
	case "hours":
		return as.text(contact.Hours), contact.Hours != ""
	case "contact":
		return contact.inline(as), contact.Name != ""
	}
	return "", false
}

// note is the note without its full stop, to stand in brackets.
func (c Contact) note() string { return strings.TrimSuffix(strings.TrimSpace(c.Note), ".") }

// inline is name, number and hours in running text.
func (c Contact) inline(as form) string {
	name := as.text(c.Name)
	switch {
	case c.Disputed:
		return name + " (" + as.text(c.note()) + ")"
	case c.Phone != "" && c.Hours != "":
		return name + " on " + as.phone(c.Phone) + " (" + as.text(c.Hours) + ")"
	case c.Phone != "":
		return name + " on " + as.phone(c.Phone)
	case c.Text != "":
		return name + " (text " + as.text(c.Text) + ")"
	case c.Email != "":
		return name + " at " + as.email(c.Email)
	case c.Web != "":
		return name + " at " + as.web(c.Web)
	}
	return name
}

var markdownSpecial = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, "&", `\&`, "#", `\#`)

func (f form) text(s string) string {
	if f == formPlain {
		return s
	}
	return markdownSpecial.Replace(s)
}

// phone makes a link that a telephone can dial of a number that begins with digits.
func (f form) phone(s string) string {
	dialled := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s)
	if f == formPlain || strings.Trim(s, "+0123456789 ") != "" || dialled == "" {
		return f.text(s)
	}
	return "[" + s + "](tel:" + dialled + ")"
}

func (f form) email(s string) string {
	if f == formPlain || s == "" || strings.ContainsAny(s, " <>") {
		return f.text(s)
	}
	return "<" + s + ">"
}

func (f form) web(s string) string {
	if f == formPlain || strings.ContainsAny(s, " <>") || !strings.Contains(s, "://") {
		return f.text(s)
	}
	return "<" + s + ">"
}

// Short is the section's short answer as plain text, references resolved; empty when there is no such section.
func (l *Library) Short(ref SectionRef) string {
	_, section, ok := l.Section(ref)
	if !ok {
		return ""
	}
	return l.plain(section.Short)
}

// Text is a short answer as plain text, references resolved: of one that is not in
// the library yet, for a preview.
func (l *Library) Text(short string) string { return l.plain(short) }

// plain resolves the references of a text without Markdown.
func (l *Library) plain(s string) string {
	return strings.Join(strings.Fields(l.resolve(s, formPlain)), " ")
}

// BodyText is the section's body as plain text: paragraphs apart, list items behind a hyphen.
func (l *Library) BodyText(ref SectionRef) string {
	_, section, ok := l.Section(ref)
	if !ok {
		return ""
	}
	return l.plainBody(section.Body)
}

// BodyHTML is the section's body as safe HTML: no HTML of its own, links to other
// sheets rewritten to /sheets/<slug>#<anchor>, references resolved.
func (l *Library) BodyHTML(ref SectionRef) template.HTML {
	_, section, ok := l.Section(ref)
	if !ok {
		return ""
	}
	return l.HTML(section.Body)
}

// HTML renders a sheet's Markdown in this way.
func (l *Library) HTML(markdown string) template.HTML {
	source := []byte(l.resolve(markdown, formMarkdown))
	doc := parseMarkdown(source)
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		if link, ok := n.(*ast.Link); ok && entering {
			link.Destination = []byte(LinkPath(string(link.Destination)))
		}
		return ast.WalkContinue, nil
	})
	var b bytes.Buffer
	if err := newMarkdown().Renderer().Render(&b, source, doc); err != nil {
		return template.HTML("<p>" + html.EscapeString(string(source)) + "</p>") // writing to memory does not fail
	}
	return template.HTML(b.String()) // goldmark leaves out raw HTML and dangerous links unless told otherwise
}

// LinkPath turns the link sheet:slug#anchor into the path of the page; other links
// stay as they are.
func LinkPath(link string) string {
	if rest, ok := strings.CutPrefix(link, "sheet:"); ok {
		return "/sheets/" + rest
	}
	return link
}

func newMarkdown() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.Table))
}

func parseMarkdown(source []byte) ast.Node {
	return newMarkdown().Parser().Parse(text.NewReader(source))
}

// plainBody is Markdown as plain text.
func (l *Library) plainBody(markdown string) string {
	source := []byte(l.resolve(markdown, formPlain))
	var b strings.Builder
	_ = ast.Walk(parseMarkdown(source), func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function returns no error
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
				if n.SoftLineBreak() {
					b.WriteByte(' ')
				} else if n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.URL(source))
			}
		case *ast.ListItem:
			if entering {
				b.WriteString("- ")
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if entering {
				for i := range n.Lines().Len() {
					line := n.Lines().At(i)
					b.Write(line.Value(source))
				}
			}
		case *ast.Paragraph, *ast.Heading:
			if !entering {
				b.WriteString("\n\n")
			}
		case *ast.TextBlock:
			if !entering {
				b.WriteByte('\n')
			}
		case *ast.List:
			if !entering {
				b.WriteByte('\n')
			}
		case *ast.HTMLBlock, *ast.RawHTML:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(b.String())
}
