package risk

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"helpline/dialog"
)

// newTable gives every feature seen often enough a row, the commonest first; a
// feature whose row is taken is left out.
func newTable(size uint, keys []uint64, seen map[uint64]int, of int) *table {
	slices.SortFunc(keys, func(x, y uint64) int {
		return cmp.Or(cmp.Compare(seen[y], seen[x]), cmp.Compare(x, y))
	})
	t := &table{bits: size, rows: make([]row, 1<<size)}
	for _, key := range keys {
		t.put(key, rarityTag(seen[key], of))
	}
	return t
}

// firstStep are the weights of one fit, not yet cut to eight bits.
type firstStep struct {
	w []float64 // rows × levels
	b []float64
}

// fitFirst fits the levels on the examples asked for. A message that follows
// others is read together with them when it tells of a risk, since the risk
// may stand in any of them.
func fitFirst(examples []example, t *table, opts Training, of func(*example) bool) firstStep {
	var data []sparse
	for i := range examples {
		e := &examples[i]
		if !of(e) {
			continue
		}
		level := int(e.line.Level)
		if len(e.before) == 0 || level == 0 {
			data = append(data, sparse{feats: e.now.feats, target: level, weight: e.weight})
		}
		if len(e.before) > 0 {
			weight := e.weight
			if level == 0 {
				weight = togetherWeight
			}
			data = append(data, sparse{feats: e.together, target: level, weight: weight})
		}
	}
	w, b := fitCompact(data, len(t.rows), levels, opts.Penalty, opts.Rounds)
	return firstStep{w, b}
}

func (f firstStep) score(feats []feature) (out score) {
	var p [levels]float64
	copy(p[:], f.b)
	for _, x := range feats {
		row := f.w[int(x.at)*levels:][:levels]
		for k := range p {
			p[k] += row[k] * float64(x.value)
		}
	}
	for k := range out {
		out[k] = p[k+1] - p[0]
	}
	return out
}

// loudest is what model.loudest does.
func (f firstStep) loudest(feats []feature, clauses []uint8) score {
	var sums [mostClauses]score
	n := 1
	for i, x := range feats {
		n = max(n, int(clauses[i])+1)
		row := f.w[int(x.at)*levels:][:levels]
		for k := range levels - 1 {
			sums[clauses[i]][k] += (row[k+1] - row[0]) * float64(x.value)
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

func (f firstStep) scoreAll(e *example) {
	e.now.score, e.now.clause = f.score(e.now.feats), f.loudest(e.now.feats, e.now.clauses)
	e.all = f.score(e.together)
	for i := range e.before {
		e.before[i].score = f.score(e.before[i].feats)
	}
}

// take cuts the weights to eight bits.
func (m *model) take(f firstStep) {
	m.Scale, m.Intercept = make([]float32, levels-1), make([]float32, levels-1)
	for k := range levels - 1 {
		m.Intercept[k] = float32(f.b[k+1] - f.b[0])
		top := 1e-9
		for r := range m.table.rows {
			top = max(top, math.Abs(f.w[r*levels+k+1]-f.w[r*levels]))
		}
		m.Scale[k] = float32(top)
		for r := range m.table.rows {
			m.table.rows[r].w[k] = narrow((f.w[r*levels+k+1] - f.w[r*levels]) / top)
		}
	}
}

// inputsOf is what the second step weighs of an example.
func (e *example) inputsOf() [inputs]float64 {
	reads := make([]weighed, len(e.before))
	for i := range e.before {
		reads[i] = e.before[i].weighed
	}
	return gather(e.now.weighed, e.all, reads)
}

// fitSecond fits the second step on scores that came from models which had
// not seen the example. The inputs are brought to one scale for the penalty
// and back.
func fitSecond(examples []example, opts Training, of func(*example) bool) [][levels - 1]float32 {
	var mean, spread [inputs]float64
	var xs [][inputs]float64
	var target []int
	for i := range examples {
		if e := &examples[i]; of(e) {
			xs = append(xs, e.inputsOf())
			target = append(target, int(e.line.Level))
		}
	}
	for _, x := range xs {
		for k, v := range x {
			mean[k] += v / float64(len(xs))
		}
	}
	for _, x := range xs {
		for k, v := range x {
			spread[k] += (v - mean[k]) * (v - mean[k]) / float64(len(xs))
		}
	}
	for k := range spread {
		spread[k] = math.Sqrt(spread[k]) + 1e-6
	}
	data := make([]sparse, len(xs))
	for i, x := range xs {
		data[i] = sparse{target: target[i], weight: 1, feats: make([]feature, inputs)}
		for k, v := range x {
			data[i].feats[k] = feature{at: uint32(k), value: float32((v - mean[k]) / spread[k])}
		}
	}
	w, b := fitSoftmax(data, inputs, levels, opts.NextPenalty, 200)
	out := make([][levels - 1]float32, inputs+1)
	for k := range levels - 1 {
		start := b[k+1] - b[0]
		for i := range inputs {
			v := (w[i*levels+k+1] - w[i*levels]) / spread[i]
			out[i][k] = float32(v)
			start -= v * mean[i]
		}
		out[inputs][k] = float32(start)
	}
	return out
}

// fitCompact fits on the rows that occur and puts the weights back in place.
func fitCompact(data []sparse, rows, classes int, penalty float64, rounds int) ([]float64, []float64) {
	count := make([]int32, rows)
	for i := range data {
		for _, f := range data[i].feats {
			count[f.at]++
		}
	}
	place := make([]int32, rows)
	used := []uint32{}
	for r, n := range count {
		place[r] = -1
		if n > 0 {
			place[r] = int32(len(used))
			used = append(used, uint32(r))
		}
	}
	small := make([]sparse, len(data))
	for i, d := range data {
		small[i] = sparse{target: d.target, weight: d.weight, feats: make([]feature, len(d.feats))}
		for k, f := range d.feats {
			small[i].feats[k] = feature{at: uint32(place[f.at]), value: f.value}
		}
	}
	w, b := fitSoftmax(small, len(used), classes, penalty, rounds)
	full := make([]float64, rows*classes)
	for i, r := range used {
		copy(full[int(r)*classes:][:classes], w[i*classes:][:classes])
	}
	return full, b
}

// fitKinds fits who is at risk (one of four) and each category (yes or no) on
// the messages that carry a risk.
func fitKinds(examples []example, t Training) ([]int8, []float32, []float32) {
	rows := 1 << t.KindBits
	mask := uint32(rows - 1)
	var risky []sparse
	var of []*example
	for i := range examples {
		e := &examples[i]
		if e.line.Level == dialog.LevelNone || e.held {
			continue
		}
		f := make([]feature, len(e.together))
		for k, x := range e.together {
			f[k] = feature{at: x.at & mask, value: x.value}
		}
		risky = append(risky, sparse{feats: f, weight: 1})
		of = append(of, e)
	}
	weights := make([]float64, rows*kinds)
	start := make([]float32, kinds)
	for i, e := range of {
		risky[i].target = max(0, slices.Index(whoKinds[:], e.line.Who))
	}
	w, b := fitCompact(risky, rows, len(whoKinds), t.KindPenalty, t.Rounds)
	for k := range whoKinds {
		start[k] = float32(b[k])
		for r := range rows {
			weights[r*kinds+k] = w[r*len(whoKinds)+k]
		}
	}
	for c, cat := range categoryKinds {
		for i, e := range of {
			risky[i].target = 0
			if slices.Contains(e.line.Categories, cat) {
				risky[i].target = 1
			}
		}
		w, b := fitCompact(risky, rows, 2, t.KindPenalty, t.Rounds)
		k := len(whoKinds) + c
		start[k] = float32(b[1] - b[0])
		for r := range rows {
			weights[r*kinds+k] = w[r*2+1] - w[r*2]
		}
	}
	scale := make([]float32, kinds)
	out := make([]int8, len(weights))
	for k := range kinds {
		top := 1e-9
		for r := range rows {
			top = max(top, math.Abs(weights[r*kinds+k]))
		}
		scale[k] = float32(top)
		for r := range rows {
			out[r*kinds+k] = narrow(weights[r*kinds+k] / top)
		}
	}
	return out, scale, start
}

// mostNamed is how many features are listed for each level.
const mostNamed = 60

// strongestFeatures lists, for each level, the named features that weigh most
// for it against the levels' mean.
func (m *model) strongestFeatures(names map[uint64]string) []string {
	type weighed struct {
		name string
		w    float32
	}
	var out []string
	for level := range levels {
		var all []weighed
		for key, name := range names {
			at, rarity := m.table.find(key)
			if rarity == 0 {
				continue
			}
			var w [levels]float32
			var mean float32
			for k := range m.Scale {
				w[k+1] = widen[uint8(m.table.rows[at].w[k])] * m.Scale[k]
				mean += w[k+1] / levels
			}
			all = append(all, weighed{name, w[level] - mean})
		}
		sort.Slice(all, func(i, j int) bool {
			if all[i].w != all[j].w {
				return all[i].w > all[j].w
			}
			return all[i].name < all[j].name
		})
		for _, x := range all[:min(mostNamed, len(all))] {
			out = append(out, fmt.Sprintf("%s\t%.2f\t%s", dialog.Level(level), x.w, x.name))
		}
	}
	return out
}
