package knowledge

// What each measure weighs, as `go run ./knowledge/train` fits it on the ways in
// which people put the questions of the library, each put to a library without it.
// FIGURES.md says how good that is.
var (
	weights = [measures]float32{
		measureCoverage: 1.05, measureContainment: -0.49, measureCosine: 0.72, measureBM25: -1.01, measureBM25Best: 0.40, measureMatched: 1.56,
		measureWhole: 1.97, measureWholeBest: 4.01, measureNearest: -0.32, measureSeveral: -1.17, measureGap: 0.78,
	}
	noneWeights = [noneMeasures]float32{noneAlways: 0.77, noneStrange: 1.64, noneUnknown: 2.31, noneShort: 1.60, noneUncovered: -0.66, noneUnlike: 1.04}
)
