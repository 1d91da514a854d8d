package knowledge

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxSheet is the longest sheet that is read, in bytes.
const MaxSheet = 1 << 20

// frontMatter is the head of a sheet file.
type frontMatter struct {
	Slug         string       `yaml:"slug"`
	Number       string       `yaml:"number"`
	Title        string       `yaml:"title"`
	Summary      string       `yaml:"summary"`
	Jurisdiction Jurisdiction `yaml:"jurisdiction"`
	Prisons      []string     `yaml:"prisons"`
	Audience     []string     `yaml:"audience"`
	Topics       []string     `yaml:"topics"`
	Sources      []string     `yaml:"sources"`
	Published    string       `yaml:"published"`
	ReviewBy     string       `yaml:"review_by"`
	Owner        string       `yaml:"owner"`
}

// answerBlock is the fenced block under a heading.
type answerBlock struct {
	Short        string       `yaml:"short"`
	Asked        []string     `yaml:"asked"`
	Jurisdiction Jurisdiction `yaml:"jurisdiction"` // when the section holds for less than the sheet
}

// Parse reads one sheet. The error is *Faults with everything that is wrong; the
// Sheet then holds what could be read, for a preview.
func Parse(name string, data []byte) (Sheet, error) {
	faults := &Faults{}
	sheet := Sheet{File: name, Source: string(data)}
	if len(data) > MaxSheet {
		faults.add(name, 0, "the sheet is longer than %d kB", MaxSheet>>10)
		return sheet, faults.err()
	}
	if !utf8.Valid(data) {
		line := 1 + bytes.Count(data[:firstInvalid(data)], []byte("\n"))
		faults.add(name, line, "here is a character that is not UTF-8; save the file as UTF-8")
		return sheet, faults.err()
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")

	end := frontMatterEnd(lines)
	if end < 0 {
		faults.add(name, 1, "a sheet begins with a line --- and its title, slug and so on, and then a line --- again")
		return sheet, faults.err()
	}
	parseFrontMatter(&sheet, lines[1:end], faults)
	parseSections(&sheet, lines, end+1, faults)
	return sheet, faults.err()
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// frontMatterEnd is the index of the line that closes the front matter, or -1.
func frontMatterEnd(lines []string) int {
	if strings.TrimRight(lines[0], " \t") != "---" {
		return -1
	}
	for i := 1; i < len(lines); i++ {
		if strings.TrimRight(lines[i], " \t") == "---" {
			return i
		}
	}
	return -1
}

func parseFrontMatter(sheet *Sheet, lines []string, faults *Faults) {
	var head frontMatter
	if err := decodeYAML([]byte(strings.Join(lines, "\n")), &head); err != nil {
		yamlFaults(faults, sheet.File, 1, err)
	}
	at := func(field string) int { // the line of a field, or the first
		for i, line := range lines {
			if strings.HasPrefix(line, field+":") {
				return i + 2
			}
		}
		return 1
	}
	need := func(field, value string) {
		if strings.TrimSpace(value) == "" {
			faults.add(sheet.File, at(field), "the sheet has no %s", field)
		}
	}
	date := func(field, value string) time.Time {
		if value == "" {
			faults.add(sheet.File, at(field), "the sheet has no %s", field)
			return time.Time{}
		}
		day, err := time.Parse(time.DateOnly, strings.TrimSpace(value))
		if err != nil {
			faults.add(sheet.File, at(field), "%s is %q, which is not a date like 2026-11-22", field, value)
		}
		return day
	}
	need("title", head.Title)
	need("summary", head.Summary)
	need("owner", head.Owner)
	if !isSlug(head.Slug) {
		faults.add(sheet.File, at("slug"), "slug is %q; a slug is small letters, digits and hyphens, like what-is-icm", head.Slug)
	}
	if !head.Jurisdiction.Valid() {
		faults.add(sheet.File, at("jurisdiction"), "jurisdiction is %q; it is one of scotland, england-wales, northern-ireland, uk", head.Jurisdiction)
	}
	if len(head.Sources) == 0 {
		faults.add(sheet.File, at("sources"), "the sheet names no sources")
	}
	for _, id := range head.Prisons {
		if !isSlug(id) {
			faults.add(sheet.File, at("prisons"), "%q is not a prison's id", id)
		}
	}
	sheet.Slug, sheet.Number = head.Slug, head.Number
	sheet.Title, sheet.Summary = strings.TrimSpace(head.Title), strings.TrimSpace(head.Summary)
	sheet.Jurisdiction, sheet.Prisons = head.Jurisdiction, head.Prisons
	sheet.Audience, sheet.Topics, sheet.Sources = head.Audience, head.Topics, head.Sources
	sheet.Owner = head.Owner
	sheet.Published, sheet.ReviewBy = date("published", head.Published), date("review_by", head.ReviewBy)
	if !sheet.Published.IsZero() && !sheet.ReviewBy.IsZero() && !sheet.ReviewBy.After(sheet.Published) {
		faults.add(sheet.File, at("review_by"), "review_by is not after published")
	}
}

// parseSections reads the introduction and the sections. from is the index of the
// first line after the front matter.
func parseSections(sheet *Sheet, lines []string, from int, faults *Faults) {
	var starts []int
	fence, opened := "", 0
	for i := from; i < len(lines); i++ {
		if mark := fenceOf(lines[i]); mark != "" {
			switch {
			case fence == "":
				fence, opened = mark, i+1
			case strings.HasPrefix(mark, fence) && strings.Trim(lines[i], " `~") == "":
				fence = ""
			}
			continue
		}
		switch {
		case fence != "":
		case strings.HasPrefix(lines[i], "## "):
			starts = append(starts, i)
		case strings.HasPrefix(lines[i], "# "):
			faults.add(sheet.File, i+1, "the title belongs in the front matter; headings in a sheet begin with ##")
		}
	}
	if fence != "" {
		faults.add(sheet.File, opened, "the block that begins here with %s is never closed", fence)
	}
	first := len(lines)
	if len(starts) > 0 {
		first = starts[0]
	}
	sheet.Intro, sheet.introLine = trimmed(lines, from, first)
	if len(starts) == 0 {
		faults.add(sheet.File, min(from+1, len(lines)), "the sheet has no question: no heading that begins with ##")
	}
	anchors := make(map[string]int, len(starts))
	for n, start := range starts {
		end := len(lines)
		if n+1 < len(starts) {
			end = starts[n+1]
		}
		section := parseSection(sheet.File, lines, start, end, faults)
		if before, twice := anchors[section.Anchor]; twice && section.Anchor != "" {
			faults.add(sheet.File, start+1, "the anchor {#%s} is also in line %d", section.Anchor, before)
		} else {
			anchors[section.Anchor] = start + 1
		}
		sheet.Sections = append(sheet.Sections, section)
	}
}

func parseSection(file string, lines []string, start, end int, faults *Faults) Section {
	section := Section{line: start + 1}
	heading := strings.TrimSpace(strings.TrimPrefix(lines[start], "## "))
	if open := strings.LastIndex(heading, "{#"); open >= 0 && strings.HasSuffix(heading, "}") {
		section.Anchor = heading[open+2 : len(heading)-1]
		heading = strings.TrimSpace(heading[:open])
	}
	section.Heading = heading
	switch {
	case heading == "":
		faults.add(file, start+1, "a heading without words")
	case section.Anchor == "":
		faults.add(file, start+1, "the heading has no anchor; write one behind it, like {#%s}", slugOf(heading))
	case !isSlug(section.Anchor):
		faults.add(file, start+1, "the anchor {#%s} is not small letters, digits and hyphens", section.Anchor)
	}

	body := start + 1
	for body < end && strings.TrimSpace(lines[body]) == "" {
		body++
	}
	if body < end && isAnswerFence(lines[body]) {
		open := body
		for body++; body < end && strings.TrimSpace(lines[body]) != "```"; body++ {
		}
		parseAnswer(&section, file, lines[open+1:min(body, end)], open+1, faults)
		body++
	} else {
		faults.add(file, start+1, "under the heading %q there is no ```answer block with its short answer", heading)
	}
	section.Body, section.bodyLine = trimmed(lines, min(body, end), end)
	if section.Body == "" {
		faults.add(file, start+1, "under the heading %q there is no text", heading)
	}
	return section
}

func parseAnswer(section *Section, file string, lines []string, offset int, faults *Faults) {
	var block answerBlock
	if err := decodeYAML([]byte(strings.Join(lines, "\n")), &block); err != nil {
		yamlFaults(faults, file, offset, err)
	}
	section.shortLine = offset
	for i, line := range lines {
		if strings.HasPrefix(line, "short:") {
			section.shortLine = offset + i + 1
		}
	}
	if section.Jurisdiction = block.Jurisdiction; section.Jurisdiction != "" && !section.Jurisdiction.Valid() {
		faults.add(file, offset+1, "jurisdiction is %q; it is one of scotland, england-wales, northern-ireland, uk", section.Jurisdiction)
	}
	section.Short = strings.Join(strings.Fields(block.Short), " ")
	for _, asked := range block.Asked {
		if asked = strings.TrimSpace(asked); asked != "" {
			section.Asked = append(section.Asked, asked)
		}
	}
	if section.Short == "" {
		faults.add(file, section.shortLine, "the heading %q has no short answer", section.Heading)
	}
}

// fenceOf is the run of backticks or tildes that opens or closes a fenced block on the line.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, mark := range []string{"`", "~"} {
		if n := len(line) - len(strings.TrimLeft(line, mark)); n >= 3 {
			return line[:n]
		}
	}
	return ""
}

func isAnswerFence(line string) bool {
	return strings.TrimRight(line, " \t") == "```answer"
}

// trimmed joins lines[from:to] without blank lines at both ends, and says in which line it begins.
func trimmed(lines []string, from, to int) (text string, line int) {
	for from < to && strings.TrimSpace(lines[from]) == "" {
		from++
	}
	for to > from && strings.TrimSpace(lines[to-1]) == "" {
		to--
	}
	return strings.Join(lines[from:to], "\n"), from + 1
}

// isSlug reports whether s is kebab-case: small letters and digits, single hyphens within.
func isSlug(s string) bool {
	if s == "" || len(s) > 80 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '-' && s[i-1] != '-':
		default:
			return false
		}
	}
	return true
}

// slugOf proposes a slug for a heading.
func slugOf(heading string) string {
	words := strings.FieldsFunc(strings.ToLower(heading), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	if len(words) > 5 {
		words = words[:5]
	}
	return strings.Join(words, "-")
}

// ValidSlug reports whether s can be the slug of a sheet, an anchor or an id.
func ValidSlug(s string) bool { return isSlug(s) }
