package knowledge

// What each measure weighs, as `go run ./knowledge/train` fits it on the ways in
// which people put the questions of the library, each put to a library without it.
// FIGURES.md says how good that is.
var (
	weights = [measures]float32{
		measureCoverage: 1.03, measureContainment: -0.38, measureCosine: 0.49, measureBM25: -1.24, measureBM25Best: 0.51, measureMatched: 1.49,
		measureWhole: 1.23, measureWholeBest: 3.78, measureNearest: 1.38, measureSeveral: -0.56, measureGap: 0.77,
	}
	noneWeights = [noneMeasures]float32{noneAlways: 0.84, noneStrange: 1.63, noneUnknown: 2.35, noneShort: 1.69, noneUncovered: -0.32, noneUnlike: 0.79}
)
