// Package wording promises that every word the service says to the public
// comes from content/texts and content/voice, by key, and that a missing or
// misspelt one is found when the program starts, not when somebody needs it.
package wording

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"helpline/dialog"
)

// Texts is one language's words. It does not change once loaded.
type Texts struct {
	texts map[string]entry
}

type entry struct {
	text     string
	byMedium map[dialog.Medium]string
}

// Resolve turns a reference of the contacts register, kind "phone" and id
// "samaritans", into words. It returns false when there is no such entry.
type Resolve func(kind, id string) (string, bool)

// Load reads every <name>.<lang>.yaml and <lang>.yaml in the folders of fsys.
// A file is a map of keys to a text, or to a map of "text" and of media
// ("sms", "voice") where they differ. {name} is a parameter; {phone:id} and
// its like are filled in from the contacts register at once. All faults are
// returned together. Keys of the folder "texts" stand as they are; those of
// another folder begin with its name, "voice.greeting".
func Load(fsys fs.FS, lang string, resolve Resolve, folders ...string) (*Texts, error) {
	t := &Texts{texts: map[string]entry{}}
	var faults []error
	for _, folder := range folders {
		names, err := fs.Glob(fsys, path.Join(folder, "*.yaml"))
		if err != nil {
			return nil, fmt.Errorf("list texts in %s: %w", folder, err)
		}
		for _, name := range names {
			base := path.Base(name)
			if base != lang+".yaml" && !strings.HasSuffix(base, "."+lang+".yaml") {
				continue
			}
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				return nil, fmt.Errorf("read texts: %w", err)
			}
			prefix := ""
			if path.Base(folder) != "texts" {
				prefix = path.Base(folder) + "."
			}
			faults = append(faults, t.add(name, prefix, data, resolve)...)
		}
	}
	return t, errors.Join(faults...)
}

func (t *Texts) add(name, prefix string, data []byte, resolve Resolve) (faults []error) {
	var nodes map[string]yaml.Node
	if err := yaml.Unmarshal(data, &nodes); err != nil {
		return []error{fmt.Errorf("%s: %w", name, err)}
	}
	for key, node := range nodes {
		key = prefix + key
		fault := func(format string, args ...any) {
			faults = append(faults, fmt.Errorf("%s:%d: %s: %s", name, node.Line, key, fmt.Sprintf(format, args...)))
		}
		if _, twice := t.texts[key]; twice {
			fault("stands in two files")
			continue
		}
		raw := map[string]string{}
		if node.Kind == yaml.ScalarNode {
			raw["text"] = node.Value
		} else if err := node.Decode(&raw); err != nil {
			fault("is neither a text nor a map of texts: %v", err)
			continue
		}
		e := entry{byMedium: map[dialog.Medium]string{}}
		for which, text := range raw {
			full, err := fill(strings.TrimSpace(text), resolve)
			if err != nil {
				fault("%v", err)
			}
			if which == "text" {
				e.text = full
			} else {
				e.byMedium[dialog.Medium(which)] = full
			}
		}
		if e.text == "" {
			fault("has no text")
		}
		t.texts[key] = e
	}
	return faults
}

// fill replaces {kind:id}; {param} stays for Say.
func fill(text string, resolve Resolve) (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			return "", errors.New("a { is not closed")
		}
		inside := text[i+1 : i+j]
		b.WriteString(text[:i])
		if kind, id, is := strings.Cut(inside, ":"); is {
			words, ok := "", false
			if resolve != nil {
				words, ok = resolve(kind, id)
			}
			if !ok {
				return "", fmt.Errorf("{%s} is not in the contacts register", inside)
			}
			b.WriteString(words)
		} else {
			b.WriteString(text[i : i+j+1])
		}
		text = text[i+j+1:]
	}
}

// Has says that there is a text of this key.
func (t *Texts) Has(key string) bool { _, ok := t.texts[key]; return ok }

// Require returns an error that names every key that has no text.
func (t *Texts) Require(keys ...string) error {
	var missing []string
	for _, k := range keys {
		if !t.Has(k) {
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	sort.Strings(missing)
	return fmt.Errorf("content/texts has no text for: %s", strings.Join(missing, ", "))
}

// Keys lists all keys in order.
func (t *Texts) Keys() []string {
	keys := make([]string, 0, len(t.texts))
	for k := range t.texts {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Say is the text of a key as a medium wants it, with parameters given as
// pairs of name and value. A key that does not exist says nothing: Require
// sees to it that none is missing.
func (t *Texts) Say(key string, m dialog.Medium, params ...string) string {
	e := t.texts[key]
	text := e.text
	if special, ok := e.byMedium[m]; ok {
		text = special
	}
	if len(params) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, len(params))
	for i := 0; i+1 < len(params); i += 2 {
		pairs = append(pairs, "{"+params[i]+"}", params[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Text is Say for a page, where no medium matters.
func (t *Texts) Text(key string, params ...string) string { return t.Say(key, "", params...) }
