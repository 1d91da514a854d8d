package main

import (
	"math"
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	hundred := make(sample, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * time.Millisecond // not in order
	}
	tests := []struct {
		name string
		s    sample
		p    float64
		want time.Duration
	}{
		{"half of a hundred", hundred, 50, 50 * time.Millisecond},
		{"99 of a hundred", hundred, 99, 99 * time.Millisecond},
		{"all", hundred, 100, 100 * time.Millisecond},
		{"none", hundred, 0, time.Millisecond},
		{"just above a rank", hundred, 50.1, 51 * time.Millisecond},
		{"one", sample{7}, 99, 7},
		{"two, the lower half", sample{9, 3}, 50, 3},
		{"two, the tail", sample{9, 3}, 99, 9},
		{"empty", nil, 50, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.percentile(tt.p); got != tt.want {
				t.Errorf("percentile %v = %v, want %v", tt.p, got, tt.want)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		in   []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(tt.in); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

// A machine that gets twice as fast half-way must not change the ratio.
func TestRatiosSurviveAMachineThatChanges(t *testing.T) {
	reference := []float64{100, 100, 200, 200}
	service := []float64{60, 90, 120}
	got := compare(roundsOf(reference, service))
	if math.Abs(got.ratio-0.6) > 1e-9 {
		t.Errorf("ratio %v, want 0.6", got.ratio)
	}
	if got.service != 90 || got.reference != 150 {
		t.Errorf("medians %v and %v, want 90 and 150", got.service, got.reference)
	}
}
