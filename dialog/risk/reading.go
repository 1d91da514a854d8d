package risk

import (
	"crypto/sha256"
	"math"
	"sync"

	"helpline/dialog"
)

// reading is what one text says by itself, whatever stands around it: its
// signs, its features and what the model makes of them. It holds no words, only
// where in the text they stand. It is not changed once made.
type reading struct {
	hits   []hit
	words  int
	tongue tongue
	clear  bool // says that a worry was false or is over
	doubt  bool // a sign was taken away that a person should see
	// ordinary says that the whole message is one of those of everyday.
	ordinary bool
	score    score
	clause   score // of the sentence that says most, level by level
	kind     [kinds]float32
	loud     [levels]stretch // the words that weighed most for each level
	raw      []feature       // not yet scaled to the length of their group
	ends     [groups]int     // where the features of each group end
}

// stretch is a run of bytes of a text.
type stretch struct{ from, to int32 }

func (x stretch) of(text string) string { return text[x.from:x.to] }

// read takes one text in.
func (a *Assessor) read(text string, s *scratch) *reading {
	a.norm.tokens(text, s)
	a.findHits(s)
	r := &reading{hits: append([]hit(nil), s.hits...), words: len(s.tokens), tongue: a.tongue(text, s), clear: a.allClear(s.hits), doubt: a.doubtful(s), ordinary: a.isOrdinary(s)}
	if a.model == nil {
		return r
	}
	s.col.table = a.model.table
	a.collect(&s.col, s)
	r.raw, r.ends = append([]feature(nil), s.col.raw...), s.col.ends
	r.score = a.model.score(s.col.feats)
	r.clause = a.model.loudest(&s.col, s)
	if a.model.kind == nil {
		return r // in training
	}
	r.kind = a.model.kindScores(s.col.feats)
	for l := dialog.LevelConcern; l <= dialog.LevelImmediate; l++ {
		r.loud[l] = a.loudest(s, l)
	}
	return r
}

// loudest scores the sentences apart, each by what its own words add to the
// score of the message, and returns for each level the most that one adds.
func (m *model) loudest(c *collector, s *scratch) score {
	var sums [mostClauses]score
	n := 1
	for i, f := range c.feats {
		at := min(int(c.clauses[i]), mostClauses-1)
		n = max(n, at+1)
		w := m.table.rows[f.at].w
		for k := range levels - 1 {
			sums[at][k] += float64(widen[uint8(w[k])] * f.value * m.Scale[k])
		}
	}
	out := sums[0]
	for _, x := range sums[1:n] {
		for k := range out {
			out[k] = max(out[k], x[k])
		}
	}
	return out
}

// mostClauses is how many sentences are scored apart; the rest count as one.
const mostClauses = 24

// union scores several texts as if they were one: the features of all, each
// once, scaled to the length of their groups together.
func (m *model) union(parts []*reading, s *scratch) score {
	var sum [levels - 1]float64
	s.col.table = m.table
	s.col.each(parts, func(f feature) {
		w := m.table.rows[f.at].w
		for k := range sum {
			sum[k] += float64(widen[uint8(w[k])] * f.value)
		}
	})
	var out score
	for k := range out {
		out[k] = sum[k]*float64(m.Scale[k]) + float64(m.Intercept[k])
	}
	return out
}

// each calls fn for every feature of the parts together, scaled.
func (c *collector) each(parts []*reading, fn func(f feature)) {
	if len(c.mark) != len(c.table.rows) {
		c.mark, c.round = make([]uint32, len(c.table.rows)), 0
	}
	words := 0
	for _, p := range parts {
		words += p.words
	}
	for g := range groups {
		c.round++
		c.feats = c.feats[:0]
		var sum float32
		add := func(f feature) {
			if c.mark[f.at] != c.round {
				c.mark[f.at] = c.round
				sum += f.value * f.value
				c.feats = append(c.feats, f)
			}
		}
		if g == groupLength {
			if at, rarity := c.table.find(mix(lengthHash(words)) | 1<<63); rarity > 0 {
				add(feature{at, rarity})
			}
		} else {
			for _, p := range parts {
				from := 0
				if g > 0 {
					from = p.ends[g-1]
				}
				for _, f := range p.raw[from:p.ends[g]] {
					add(f)
				}
			}
		}
		by := scaleOf(g, sum)
		for _, f := range c.feats {
			f.value *= by
			fn(f)
		}
	}
}

// scaleOf is what the features of a group are multiplied by, sum being the
// sum of their squares.
func scaleOf(g group, sum float32) float32 {
	if sum == 0 {
		return 0
	}
	length := math.Sqrt(float64(sum))
	if g == groupLength {
		return groupScale[g] / float32(length)
	}
	return groupScale[g] / float32(math.Pow(length, lengthShare)*math.Pow(groupUsual[g], 1-lengthShare))
}

// mostKept is how many readings are kept: a conversation's earlier messages
// come again with each new one.
const mostKept = 1024

// readings keeps the newest readings by the digest of their text.
type readings struct {
	mu   sync.Mutex
	by   map[[sha256.Size]byte]*reading
	ring [][sha256.Size]byte
	next int
}

// reading reads a text, or finds it read.
func (a *Assessor) reading(text string, s *scratch) *reading {
	key := sha256.Sum256([]byte(text))
	k := &a.kept
	k.mu.Lock()
	r := k.by[key]
	k.mu.Unlock()
	if r != nil {
		return r
	}
	r = a.read(text, s)
	if len(r.raw) > mostKeptFeatures {
		return r
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = make(map[[sha256.Size]byte]*reading, mostKept)
	}
	if k.by[key] == nil {
		if len(k.ring) < mostKept {
			k.ring = append(k.ring, key)
		} else {
			delete(k.by, k.ring[k.next])
			k.ring[k.next] = key
			k.next = (k.next + 1) % mostKept
		}
	}
	k.by[key] = r
	return r
}

// mostKeptFeatures bounds what one kept reading takes: some 64 KB.
const mostKeptFeatures = 8192
