package risk

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"helpline/dialog"
)

// model is a multinomial logistic regression over hashed features with the
// weights cut to eight bits, and the thresholds that cross-validation gave it.
type model struct {
	modelHeader
	rarity []uint8 // of each bucket
	level  []int8  // buckets × levels
	kind   []int8  // small buckets × (who + categories)
}

// modelHeader stands as JSON at the beginning of model.bin.
type modelHeader struct {
	Bits       uint       `json:"bits"`       // the table of levels has 1<<Bits rows
	KindBits   uint       `json:"kind_bits"`  // that of who and categories
	Scale      []float32  `json:"scale"`      // of each level's weights
	Intercept  []float32  `json:"intercept"`  // of each level
	KindScale  []float32  `json:"kind_scale"` // of each person, then each category
	KindStart  []float32  `json:"kind_start"`
	Thresholds thresholds `json:"thresholds"`
	Lines      int        `json:"lines"` // how many labelled lines it was trained on
}

// thresholds are the least probabilities for which the model raises.
type thresholds struct {
	Review    float64 `json:"review"`    // at risk at all: a person should read it
	Concern   float64 `json:"concern"`   // at risk at all
	Urgent    float64 `json:"urgent"`    // urgent or more
	Immediate float64 `json:"immediate"` // immediate
	Category  float64 `json:"category"`
}

const (
	modelMagic = "helpline risk 2\n"
	levels     = 4
)

// kinds are the outputs of the second table: the people, then the categories.
var (
	whoKinds      = [...]dialog.Who{dialog.WhoPrisoner, dialog.WhoCaller, dialog.WhoChild, dialog.WhoOther}
	categoryKinds = [...]dialog.Category{dialog.SuicideSelfHarm, dialog.ViolenceDebt, dialog.MentalHealth, dialog.PhysicalHealth, dialog.Substance, dialog.FoodRefusal,
		dialog.BadNews, dialog.NoContact, dialog.ChildSafety, dialog.PublicProtection, dialog.ThreatToOthers, dialog.CallerWellbeing, dialog.OtherRisk}
)

const kinds = len(whoKinds) + len(categoryKinds)

func parseModel(b []byte) (*model, error) {
	if !bytes.HasPrefix(b, []byte(modelMagic)) || len(b) < len(modelMagic)+4 {
		return nil, errors.New("not a risk model of this version")
	}
	b = b[len(modelMagic):]
	n := int(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n > len(b) {
		return nil, errors.New("the header is cut short")
	}
	m := &model{}
	if err := json.Unmarshal(b[:n], &m.modelHeader); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	b = b[n:]
	if m.Bits > 20 || m.KindBits > m.Bits || len(m.Scale) != levels || len(m.Intercept) != levels || len(m.KindScale) != kinds || len(m.KindStart) != kinds {
		return nil, errors.New("the header does not fit this version")
	}
	nl, nk := levels<<m.Bits, kinds<<m.KindBits
	nr := 1 << m.Bits
	if len(b) != nr+nl+nk {
		return nil, fmt.Errorf("%d bytes of weights, want %d", len(b), nr+nl+nk)
	}
	m.rarity, b = append([]uint8(nil), b[:nr]...), b[nr:]
	m.level, m.kind = make([]int8, nl), make([]int8, nk)
	for i, c := range b[:nl] {
		m.level[i] = int8(c)
	}
	for i, c := range b[nl:] {
		m.kind[i] = int8(c)
	}
	return m, nil
}

func (m *model) encode() ([]byte, error) {
	head, err := json.Marshal(m.modelHeader)
	if err != nil {
		return nil, fmt.Errorf("write model header: %w", err)
	}
	b := append([]byte(modelMagic), binary.BigEndian.AppendUint32(nil, uint32(len(head)))...)
	b = append(b, head...)
	b = append(b, m.rarity...)
	for _, w := range m.level {
		b = append(b, byte(w))
	}
	for _, w := range m.kind {
		b = append(b, byte(w))
	}
	return b, nil
}

// levelProbs returns the probability of each level.
func (m *model) levelProbs(feats []feature) [levels]float64 {
	var sum [levels]float32
	for _, f := range feats {
		row := m.level[f.at*levels : f.at*levels+levels : f.at*levels+levels]
		sum[0] += float32(row[0]) * f.value
		sum[1] += float32(row[1]) * f.value
		sum[2] += float32(row[2]) * f.value
		sum[3] += float32(row[3]) * f.value
	}
	var p [levels]float64
	for k := range p {
		p[k] = float64(sum[k]*m.Scale[k] + m.Intercept[k])
	}
	softmax(p[:])
	return p
}

// kindScores returns the raw score of each person and category.
func (m *model) kindScores(feats []feature) [kinds]float32 {
	var out [kinds]float32
	mask := uint32(1)<<m.KindBits - 1
	for _, f := range feats {
		at := int(f.at&mask) * kinds
		row := m.kind[at : at+kinds : at+kinds]
		for k := range out {
			out[k] += float32(row[k]) * f.value
		}
	}
	for k := range out {
		out[k] = out[k]*m.KindScale[k] + m.KindStart[k]
	}
	return out
}

func softmax(p []float64) {
	top := p[0]
	for _, v := range p {
		top = max(top, v)
	}
	var sum float64
	for i, v := range p {
		p[i] = math.Exp(v - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
