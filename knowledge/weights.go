package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
	withChooser: {
		candidate: [measures]float32{
			measureCoverage:    1.30,
			measureContainment: -0.21,
			measureCosine:      0.38,
			measureMatched:     1.99,
			measureWhole:       0.14,
			measureWholeBest:   2.17,
			measureNearest:     0.65,
			measureSeveral:     0.29,
			measureGap:         -0.72,
			measureChosen:      4.02,
			measureShare:       0.71,
			measureSheetShare:  -0.13,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.50,
			noneStrange:   1.48,
			noneUnknown:   1.65,
			noneShort:     2.44,
			noneUncovered: -1.32,
			noneUnlike:    1.00,
			noneDoubt:     -0.38,
		},
	},
	withLikeness: {
		candidate: [measures]float32{
			measureCoverage:    1.44,
			measureContainment: -0.36,
			measureCosine:      0.63,
			measureMatched:     2.08,
			measureWhole:       1.14,
			measureWholeBest:   3.28,
			measureNearest:     1.09,
			measureSeveral:     1.47,
			measureGap:         0.17,
		},
		none: [noneMeasures]float32{
			noneAlways:    1.23,
			noneStrange:   1.76,
			noneUnknown:   1.80,
			noneShort:     2.58,
			noneUncovered: -0.95,
			noneUnlike:    1.45,
		},
	},
	withIndex: {
		candidate: [measures]float32{
			measureCoverage:    0.75,
			measureContainment: 1.08,
			measureCosine:      0.71,
			measureBM25:        -1.90,
			measureBM25Best:    2.66,
			measureMatched:     1.89,
			measureGap:         0.51,
		},
		none: [noneMeasures]float32{
			noneAlways:    2.21,
			noneStrange:   1.34,
			noneUnknown:   1.65,
			noneShort:     5.30,
			noneUncovered: -1.32,
		},
	},
}
