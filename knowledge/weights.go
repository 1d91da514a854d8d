package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
	withChooser: {
		candidate: [measures]float32{
			measureCoverage:    1.38,
			measureContainment: -0.25,
			measureCosine:      0.22,
			measureMatched:     2.09,
			measureWhole:       0.12,
			measureWholeBest:   2.36,
			measureNearest:     0.77,
			measureSeveral:     0.41,
			measureGap:         -0.58,
			measureChosen:      3.83,
			measureShare:       0.62,
			measureSheetShare:  -0.25,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.21,
			noneStrange:   1.52,
			noneUnknown:   1.77,
			noneShort:     2.11,
			noneUncovered: -1.23,
			noneUnlike:    0.73,
			noneDoubt:     -0.07,
		},
	},
	withLikeness: {
		candidate: [measures]float32{
			measureCoverage:    1.55,
			measureContainment: -0.33,
			measureCosine:      0.39,
			measureMatched:     2.19,
			measureWhole:       1.17,
			measureWholeBest:   3.34,
			measureNearest:     1.23,
			measureSeveral:     1.26,
			measureGap:         0.18,
		},
		none: [noneMeasures]float32{
			noneAlways:    1.02,
			noneStrange:   1.76,
			noneUnknown:   1.90,
			noneShort:     2.31,
			noneUncovered: -0.98,
			noneUnlike:    1.30,
		},
	},
	withIndex: {
		candidate: [measures]float32{
			measureCoverage:    0.56,
			measureContainment: 1.02,
			measureCosine:      0.72,
			measureBM25:        -1.24,
			measureBM25Best:    2.47,
			measureMatched:     2.27,
			measureGap:         0.57,
		},
		none: [noneMeasures]float32{
			noneAlways:    2.16,
			noneStrange:   0.76,
			noneUnknown:   1.73,
			noneShort:     4.30,
			noneUncovered: -1.05,
		},
	},
}
