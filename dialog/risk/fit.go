package risk

import "math"

// sparse is one training example: its features and what it should be.
type sparse struct {
	feats  []feature
	target int
	weight float64
}

// fitSoftmax fits a multinomial logistic regression with an L2 penalty by
// L-BFGS. It is deterministic: full batches, fixed order, start at zero. It
// returns weights (rows × classes) and the intercepts.
func fitSoftmax(data []sparse, rows, classes int, penalty float64, rounds int) ([]float64, []float64) {
	n := rows*classes + classes
	f := func(x, g []float64) float64 {
		clear(g)
		w, b := x[:rows*classes], x[rows*classes:]
		gw, gb := g[:rows*classes], g[rows*classes:]
		loss := 0.0
		p := make([]float64, classes)
		for i := range data {
			d := &data[i]
			copy(p, b)
			for _, ft := range d.feats {
				row := w[int(ft.at)*classes:][:classes]
				for k := range p {
					p[k] += row[k] * float64(ft.value)
				}
			}
			softmax(p)
			loss -= d.weight * math.Log(max(p[d.target], 1e-12))
			p[d.target]--
			for k := range p {
				p[k] *= d.weight
				gb[k] += p[k]
			}
			for _, ft := range d.feats {
				row := gw[int(ft.at)*classes:][:classes]
				for k := range p {
					row[k] += p[k] * float64(ft.value)
				}
			}
		}
		for i, v := range w {
			loss += penalty / 2 * v * v
			gw[i] += penalty * v
		}
		return loss
	}
	x := make([]float64, n)
	minimise(f, x, rounds)
	return x[:rows*classes], x[rows*classes:]
}

// minimise is L-BFGS with a backtracking line search.
func minimise(f func(x, g []float64) float64, x []float64, rounds int) {
	const memory = 8
	n := len(x)
	g, dir, next, gNext := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	var ss, ys [][]float64
	var rhos []float64
	fx := f(x, g)
	for round := range rounds {
		for i := range dir {
			dir[i] = -g[i]
		}
		alphas := make([]float64, len(ss))
		for k := len(ss) - 1; k >= 0; k-- {
			alphas[k] = rhos[k] * dot(ss[k], dir)
			axpy(dir, ys[k], -alphas[k])
		}
		if k := len(ss) - 1; k >= 0 {
			scale := 1 / (rhos[k] * dot(ys[k], ys[k]))
			for i := range dir {
				dir[i] *= scale
			}
		}
		for k := range ss {
			beta := rhos[k] * dot(ys[k], dir)
			axpy(dir, ss[k], alphas[k]-beta)
		}
		slope := dot(g, dir)
		step := 1.0
		if round == 0 {
			step = 1 / (1 + math.Sqrt(dot(g, g)))
		}
		ok := false
		var fNext float64
		for range 20 {
			for i := range next {
				next[i] = x[i] + step*dir[i]
			}
			if fNext = f(next, gNext); fNext <= fx+1e-4*step*slope {
				ok = true
				break
			}
			step /= 2
		}
		if !ok {
			return
		}
		s, y := make([]float64, n), make([]float64, n)
		for i := range s {
			s[i], y[i] = next[i]-x[i], gNext[i]-g[i]
		}
		if sy := dot(s, y); sy > 1e-10 {
			ss, ys, rhos = append(ss, s), append(ys, y), append(rhos, 1/sy)
			if len(ss) > memory {
				ss, ys, rhos = ss[1:], ys[1:], rhos[1:]
			}
		}
		copy(x, next)
		copy(g, gNext)
		if math.Abs(fx-fNext) < 1e-5*math.Abs(fx) {
			return
		}
		fx = fNext
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

func axpy(to, x []float64, by float64) {
	for i, v := range x {
		to[i] += by * v
	}
}
