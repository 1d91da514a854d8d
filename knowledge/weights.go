package knowledge

// What each measure weighs, as `go run ./knowledge/train` fits it on the ways in
// which people put the questions of the library, each put to a library without it.
// FIGURES.md says how good that is.
var (
	weights = [measures]float32{
		measureCoverage: 1.13, measureContainment: -0.37, measureCosine: 0.47, measureBM25: -1.20, measureBM25Best: 0.47, measureMatched: 1.51,
		measureWhole: 1.21, measureWholeBest: 3.82, measureNearest: 1.31, measureSeveral: -0.56, measureGap: 0.76,
	}
	noneWeights = [noneMeasures]float32{noneAlways: 1.09, noneStrange: 1.59, noneUnknown: 2.48, noneShort: 1.92, noneUncovered: -0.67, noneUnlike: 0.99}
)

// The same for a library that is too large for likenesses.
var (
	plainWeights = [measures]float32{
		measureCoverage: 0.37, measureContainment: 0.58, measureCosine: 1.01, measureBM25: -0.36, measureBM25Best: 1.65, measureMatched: 1.12, measureGap: 0.88,
	}
	plainNoneWeights = [noneMeasures]float32{noneAlways: 0.47, noneStrange: 1.09, noneUnknown: 2.40, noneShort: 1.34, noneUncovered: -1.03}
)
