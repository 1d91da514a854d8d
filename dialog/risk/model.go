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

// model is what training found, in two steps. The first is a multinomial
// logistic regression over the features of one text, its weights cut to eight
// bits. The second weighs what the first says of the message, of each message
// before it and of all together, with the signs and the length, and gives the
// probabilities.
type model struct {
	modelHeader
	table *table
	kind  []int8 // 1<<KindBits × (who + categories)
}

// modelHeader stands as JSON at the beginning of model.bin.
type modelHeader struct {
	Bits      uint      `json:"bits"`       // the table of levels has 1<<Bits rows
	KindBits  uint      `json:"kind_bits"`  // that of who and categories
	Scale     []float32 `json:"scale"`      // of the weights of concern, urgent and immediate against none
	Intercept []float32 `json:"intercept"`  // of the same
	KindScale []float32 `json:"kind_scale"` // of each person, then each category
	KindStart []float32 `json:"kind_start"`
	// Weigh is the second step: for each of its inputs the weights of concern,
	// urgent and immediate against none; the last row is added as it is.
	Weigh      [][levels - 1]float32 `json:"weigh"`
	Thresholds thresholds            `json:"thresholds"`
	// Holds says, by the id of a sign, the level at which the labelled messages
	// bore it out; a sign that is not here only informs the model.
	Holds map[string]dialog.Level `json:"holds"`
	Lines int                     `json:"lines"` // how many labelled lines it was trained on
}

// thresholds are the least probabilities for which the model raises.
type thresholds struct {
	Review    float64 `json:"review"`    // at risk at all: a person should read it
	Plain     float64 `json:"plain"`     // below it a person need not even read what no sheet answers
	Concern   float64 `json:"concern"`   // at risk at all
	Urgent    float64 `json:"urgent"`    // urgent or more, of those at risk
	Immediate float64 `json:"immediate"` // immediate, of those at risk
	Category  float64 `json:"category"`
}

const (
	modelMagic = "helpline risk 4\n"
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
	if m.Bits < 3 || m.Bits > 22 || m.KindBits > m.Bits || len(m.Scale) != levels-1 || len(m.Intercept) != levels-1 ||
		len(m.KindScale) != kinds || len(m.KindStart) != kinds || len(m.Weigh) != inputs+1 {
		return nil, errors.New("the header does not fit this version")
	}
	var err error
	if m.table, b, err = parseTable(b[n:], m.Bits); err != nil {
		return nil, err
	}
	if want := kinds << m.KindBits; len(b) != want {
		return nil, fmt.Errorf("%d bytes of weights, want %d", len(b), want)
	}
	m.kind = make([]int8, len(b))
	for i, c := range b {
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
	b = append(b, m.table.encode()...)
	for _, w := range m.kind {
		b = append(b, byte(w))
	}
	return b, nil
}

// score is what the first step says of one text: concern, urgent and immediate
// against none, as logits.
type score [levels - 1]float64

func (m *model) score(feats []feature) score {
	var sum [levels - 1]float32
	rows := m.table.rows
	for _, f := range feats {
		w := rows[f.at].w
		sum[0] += widen[uint8(w[0])] * f.value
		sum[1] += widen[uint8(w[1])] * f.value
		sum[2] += widen[uint8(w[2])] * f.value
	}
	var out score
	for k := range out {
		out[k] = float64(sum[k]*m.Scale[k] + m.Intercept[k])
	}
	return out
}

// probs turns a score into the probabilities of the four levels.
func (s score) probs() (p [levels]float64) {
	copy(p[1:], s[:])
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
			out[k] += widen[uint8(row[k])] * f.value
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

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
