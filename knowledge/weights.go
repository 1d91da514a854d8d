package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
	withChooser: {
		candidate: [measures]float32{
			measureCoverage:    1.34,
			measureContainment: -0.24,
			measureCosine:      0.19,
			measureMatched:     2.18,
			measureWhole:       0.20,
			measureWholeBest:   2.65,
			measureNearest:     0.91,
			measureSeveral:     0.31,
			measureGap:         -0.36,
			measureChosen:      3.72,
			measureShare:       0.26,
			measureSheetShare:  -0.09,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.36,
			noneStrange:   1.40,
			noneUnknown:   1.90,
			noneShort:     1.48,
			noneUncovered: -0.94,
			noneUnlike:    0.66,
			noneDoubt:     -0.05,
		},
	},
	withLikeness: {
		candidate: [measures]float32{
			measureCoverage:    1.57,
			measureContainment: -0.33,
			measureCosine:      0.36,
			measureMatched:     2.20,
			measureWhole:       1.28,
			measureWholeBest:   3.51,
			measureNearest:     1.30,
			measureSeveral:     1.02,
			measureGap:         0.14,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.98,
			noneStrange:   1.73,
			noneUnknown:   1.95,
			noneShort:     1.62,
			noneUncovered: -0.59,
			noneUnlike:    1.11,
		},
	},
	withIndex: {
		candidate: [measures]float32{
			measureCoverage:    0.61,
			measureContainment: 1.00,
			measureCosine:      0.67,
			measureBM25:        -0.50,
			measureBM25Best:    2.41,
			measureMatched:     2.26,
			measureGap:         0.27,
		},
		none: [noneMeasures]float32{
			noneAlways:    1.84,
			noneStrange:   0.75,
			noneUnknown:   2.08,
			noneShort:     3.74,
			noneUncovered: -0.81,
		},
	},
}
