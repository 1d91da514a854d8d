package main

import (
	"slices"
	"time"
)

// sample is latencies of one measurement, in any order.
type sample []time.Duration

// percentile returns the smallest latency that at least p percent of the sample
// do not exceed (nearest rank); 0 for an empty sample. The sample is sorted on
// return.
func (s sample) percentile(p float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	rank := int(p / 100 * float64(len(s)))
	if float64(rank) < p/100*float64(len(s)) {
		rank++
	}
	return s[min(max(rank, 1), len(s))-1]
}

func (s sample) p50() time.Duration { return s.percentile(50) }
func (s sample) p99() time.Duration { return s.percentile(99) }

// median returns the middle value, between the two middle ones of an even
// number; 0 for none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Clone(values)
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// round is one turn of measuring in turn: the reference before, the service,
// the reference after. What the machine did meanwhile touches both.
type round struct{ before, service, after float64 }

// ratio compares the service with the mean of its two neighbours.
func (r round) ratio() float64 {
	if r.before+r.after == 0 {
		return 0
	}
	return r.service / ((r.before + r.after) / 2)
}

// compared is the medians over rounds. The ratio is the median of the rounds'
// ratios, not the ratio of the medians.
type compared struct{ service, reference, ratio float64 }

func compare(rounds []round) compared {
	var service, reference, ratios []float64
	for _, r := range rounds {
		service = append(service, r.service)
		reference = append(reference, (r.before+r.after)/2)
		ratios = append(ratios, r.ratio())
	}
	return compared{median(service), median(reference), median(ratios)}
}

// rounds lays measurements A B A B A out as rounds that share the reference
// between neighbours. reference has one more than service.
func roundsOf(reference, service []float64) []round {
	var out []round
	for i, s := range service {
		if i+1 >= len(reference) {
			break
		}
		out = append(out, round{reference[i], s, reference[i+1]})
	}
	return out
}
