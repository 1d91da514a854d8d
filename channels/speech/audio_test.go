package speech

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		a    Audio
		want time.Duration
	}{
		{Audio{}, 0},
		{Audio{Samples: make([]int16, 10)}, 0},
		{Audio{Samples: make([]int16, 4000), Rate: 8000}, 500 * time.Millisecond},
		{Audio{Samples: make([]int16, 11025*3), Rate: 11025}, 3 * time.Second},
	} {
		if got := Duration(c.a); got != c.want {
			t.Errorf("%d samples at %d Hz: got %v, want %v", len(c.a.Samples), c.a.Rate, got, c.want)
		}
	}
}

func TestResampleUpwardsDrawsStraightLines(t *testing.T) {
	a := Audio{Samples: []int16{0, 100, -100, 32767, -32768}, Rate: 8000}
	want := Audio{Samples: []int16{0, 50, 100, 0, -100, 16333, 32767, 0, -32768, -32768}, Rate: 16000}
	if diff := cmp.Diff(want, Resample(a, 16000)); diff != "" {
		t.Error(diff)
	}
	b := Resample(Audio{Samples: []int16{0, 300, 0}, Rate: 8000}, 24000)
	if diff := cmp.Diff([]int16{0, 100, 200, 300, 200, 100, 0, 0, 0}, b.Samples); diff != "" {
		t.Error(diff)
	}
}

// A tone in the voice's band keeps its level and length; one that cannot be
// written at the new rate is gone instead of turning up as another tone.
func TestResampleDownwardsFilters(t *testing.T) {
	for _, rate := range []int{11025, 16000, 22050, 44100, 48000} {
		for hz, want := range map[float64]float64{300: 1, 1000: 1, 3000: 1, 5200: 0} {
			if hz > float64(rate)/2 {
				continue
			}
			a := Audio{Rate: rate, Samples: make([]int16, rate)}
			for i := range a.Samples {
				a.Samples[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
			}
			b := Resample(a, 8000)
			if b.Rate != 8000 || len(b.Samples) != 8000 {
				t.Fatalf("%d Hz became %d samples at %d Hz", rate, len(b.Samples), b.Rate)
			}
			gain := level(b.Samples[500:7500]) / level(a.Samples)
			if math.Abs(gain-want) > 0.05 {
				t.Errorf("%v Hz from a rate of %d: %.3f of it left, want %v", hz, rate, gain, want)
			}
		}
	}
}

func level(s []int16) float64 {
	var sum float64
	for _, x := range s {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum / float64(len(s)))
}

func TestResampleLeavesNothingToDoAlone(t *testing.T) {
	for _, c := range []struct {
		a    Audio
		rate int
		want Audio
	}{
		{Audio{Samples: []int16{1, 2}, Rate: 8000}, 8000, Audio{Samples: []int16{1, 2}, Rate: 8000}},
		{Audio{Samples: []int16{1, 2}, Rate: 8000}, 0, Audio{Samples: []int16{1, 2}, Rate: 8000}},
		{Audio{Samples: []int16{1, 2}}, 8000, Audio{Samples: []int16{1, 2}}},
		{Audio{Rate: 44100}, 8000, Audio{Rate: 8000}},
		{Audio{Rate: 8000}, 16000, Audio{Rate: 16000}},
	} {
		if diff := cmp.Diff(c.want, Resample(c.a, c.rate)); diff != "" {
			t.Error(diff)
		}
	}
}
