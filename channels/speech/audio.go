package speech

import (
	"math"
	"time"
)

// Audio is one channel of sound: signed 16-bit samples at Rate samples a second.
type Audio struct {
	Samples []int16
	Rate    int
}

// Duration is how long a takes to play. It is 0 when the rate is not set.
func Duration(a Audio) time.Duration {
	if a.Rate <= 0 {
		return 0
	}
	n := int64(len(a.Samples))
	rate := int64(a.Rate)
	// Whole seconds apart from the rest, so that hours of samples don't overflow.
	return time.Duration(n/rate)*time.Second + time.Duration(n%rate)*time.Second/time.Duration(rate)
}

// Resample gives the same sound at another rate. Upwards it draws straight lines
// between the samples: recognisers hear no difference to a filter on telephone
// speech, and it costs nothing. Downwards it filters first, since what lies above
// half the new rate would otherwise fold back into the voice. The result shares
// no memory with a, except when the rates are equal.
func Resample(a Audio, rate int) Audio {
	switch {
	case rate <= 0 || a.Rate <= 0 || rate == a.Rate:
		return a
	case len(a.Samples) == 0:
		return Audio{Rate: rate}
	case rate > a.Rate:
		return upsample(a, rate)
	default:
		return downsample(a, rate)
	}
}

func upsample(a Audio, rate int) Audio {
	if rate == 2*a.Rate { // 8 kHz to 16 kHz, which is nearly every recording
		out := make([]int16, 2*len(a.Samples))
		last := len(a.Samples) - 1
		for i, s := range a.Samples {
			next := s
			if i < last {
				next = a.Samples[i+1]
			}
			out[2*i] = s
			out[2*i+1] = int16((int32(s) + int32(next)) / 2)
		}
		return Audio{Samples: out, Rate: rate}
	}
	in, to := int64(a.Rate), int64(rate)
	out := make([]int16, int64(len(a.Samples))*to/in)
	for i := range out {
		at := int64(i) * in
		k := int(at / to)
		s := int64(a.Samples[k])
		next := s
		if k+1 < len(a.Samples) {
			next = int64(a.Samples[k+1])
		}
		out[i] = int16(s + (next-s)*(at%to)/to)
	}
	return Audio{Samples: out, Rate: rate}
}

// sincZeros is how many zero crossings of the low-pass filter are kept on each side.
const sincZeros = 8

// downsample filters with a windowed sinc, one row of weights for each position a
// new sample can have between two old ones.
func downsample(a Audio, rate int) Audio {
	g := gcd(a.Rate, rate)
	up, down := rate/g, a.Rate/g
	cutoff := 0.92 * float64(rate) / float64(a.Rate) // of half the old rate; the rest is the filter's slope
	half := int(math.Ceil(sincZeros / cutoff))
	width := 2 * half
	weights := make([]float32, up*width)
	for phase := range up {
		row := weights[phase*width : (phase+1)*width]
		var sum float64
		for t := range row {
			x := float64(t-half+1) - float64(phase)/float64(up)
			w := sinc(cutoff*x) * hann(x/float64(half))
			row[t] = float32(w)
			sum += w
		}
		for t := range row {
			row[t] = float32(float64(row[t]) / sum)
		}
	}
	out := make([]int16, (int64(len(a.Samples))*int64(up)+int64(down)-1)/int64(down))
	for i := range out {
		at := int64(i) * int64(down)
		k, phase := int(at/int64(up)), int(at%int64(up))
		row := weights[phase*width : (phase+1)*width]
		var sum float32
		for t, w := range row {
			if j := k + t - half + 1; j >= 0 && j < len(a.Samples) {
				sum += w * float32(a.Samples[j])
			}
		}
		out[i] = clip16(float64(sum))
	}
	return Audio{Samples: out, Rate: rate}
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// hann is the window over -1 to 1.
func hann(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return 0.5 + 0.5*math.Cos(math.Pi*x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func clip16(x float64) int16 {
	switch {
	case x >= math.MaxInt16:
		return math.MaxInt16
	case x <= math.MinInt16:
		return math.MinInt16
	}
	return int16(math.Round(x))
}
