package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
	withChooser: {
		candidate: [measures]float32{
			measureCoverage:    1.29,
			measureContainment: -0.24,
			measureCosine:      0.38,
			measureMatched:     2.03,
			measureWhole:       0.14,
			measureWholeBest:   2.13,
			measureNearest:     0.65,
			measureSeveral:     0.27,
			measureGap:         -0.71,
			measureChosen:      4.14,
			measureShare:       0.63,
			measureSheetShare:  -0.13,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.42,
			noneStrange:   1.48,
			noneUnknown:   1.64,
			noneShort:     2.42,
			noneUncovered: -1.26,
			noneUnlike:    0.95,
			noneDoubt:     -0.36,
		},
	},
	withLikeness: {
		candidate: [measures]float32{
			measureCoverage:    1.44,
			measureContainment: -0.35,
			measureCosine:      0.62,
			measureMatched:     2.09,
			measureWhole:       1.17,
			measureWholeBest:   3.28,
			measureNearest:     1.10,
			measureSeveral:     1.43,
			measureGap:         0.17,
		},
		none: [noneMeasures]float32{
			noneAlways:    1.24,
			noneStrange:   1.77,
			noneUnknown:   1.79,
			noneShort:     2.63,
			noneUncovered: -1.01,
			noneUnlike:    1.48,
		},
	},
	withIndex: {
		candidate: [measures]float32{
			measureCoverage:    0.75,
			measureContainment: 1.09,
			measureCosine:      0.71,
			measureBM25:        -1.89,
			measureBM25Best:    2.65,
			measureMatched:     1.91,
			measureGap:         0.52,
		},
		none: [noneMeasures]float32{
			noneAlways:    2.19,
			noneStrange:   1.33,
			noneUnknown:   1.62,
			noneShort:     5.28,
			noneUncovered: -1.28,
		},
	},
}
