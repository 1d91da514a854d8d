package risk

import (
	"errors"
	"math"
	"math/bits"
)

// table holds the weights of the features, by hash. A row also carries four
// bits of its feature's key, so that most features the training never saw are
// known for strangers and weigh nothing.
type table struct {
	bits uint
	rows []row
}

// row is one feature: how rare it is (upper half of tag, 0: no feature), four
// bits of its key, and what it says for each level against none.
type row struct {
	tag uint8
	w   [levels - 1]int8
}

// rarityStep is the fixed point of rarities: fifteen steps reach from a
// feature of every message to one of two in some seven thousand.
const rarityStep = 0.6

func rarityTag(seen, of int) uint8 {
	idf := math.Log(float64(of+1)/float64(seen+1)) + 1
	return uint8(min(15, max(1, math.Round(idf/rarityStep))))
}

func printOf(key uint64) uint8 { return uint8(key>>56) & 15 }

// find returns the row of a key and how rare its feature is; 0: no feature.
func (t *table) find(key uint64) (uint32, float32) {
	at := uint32(key) & (1<<t.bits - 1)
	tag := t.rows[at].tag
	if tag&15 != printOf(key) {
		return at, 0
	}
	return at, float32(tag>>4) * rarityStep
}

// put gives a key its row. It fails when the row is taken.
func (t *table) put(key uint64, rarity uint8) bool {
	r := &t.rows[uint32(key)&(1<<t.bits-1)]
	if r.tag != 0 {
		return false
	}
	r.tag = rarity<<4 | printOf(key)
	return true
}

// encode writes which rows are in use, then those.
func (t *table) encode() []byte {
	used := make([]byte, len(t.rows)/8)
	var rest []byte
	for i, r := range t.rows {
		if r.tag == 0 {
			continue
		}
		used[i/8] |= 1 << (i % 8)
		rest = append(rest, r.tag, byte(r.w[0]), byte(r.w[1]), byte(r.w[2]))
	}
	return append(used, rest...)
}

// parseTable reads a table and returns the bytes after it.
func parseTable(b []byte, size uint) (*table, []byte, error) {
	t := &table{bits: size, rows: make([]row, 1<<size)}
	if len(b) < len(t.rows)/8 {
		return nil, nil, errors.New("the table is cut short")
	}
	used, b := b[:len(t.rows)/8], b[len(t.rows)/8:]
	n := 0
	for _, u := range used {
		n += bits.OnesCount8(u)
	}
	if len(b) < n*levels {
		return nil, nil, errors.New("the weights are cut short")
	}
	for i := range t.rows {
		if used[i/8]&(1<<(i%8)) != 0 {
			t.rows[i] = row{b[0], [levels - 1]int8{int8(b[1]), int8(b[2]), int8(b[3])}}
			b = b[levels:]
		}
	}
	return t, b, nil
}

// widen are the weights that eight bits stand for, before scaling: finer near
// nought, where most weights are.
var widen = func() (out [256]float32) {
	for i := range out {
		v := float32(int8(i)) / 127
		out[i] = v * v
		if v < 0 {
			out[i] = -out[i]
		}
	}
	return out
}()

// narrow is the reverse of widen for a weight of -1 to 1.
func narrow(v float64) int8 {
	q := math.Round(127 * math.Sqrt(min(1, math.Abs(v))))
	if v < 0 {
		q = -q
	}
	return int8(q)
}
