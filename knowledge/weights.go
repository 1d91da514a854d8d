package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
	withChooser: {
		candidate: [measures]float32{
			measureCoverage:    1.28,
			measureContainment: -0.23,
			measureCosine:      0.38,
			measureMatched:     2.05,
			measureWhole:       0.14,
			measureWholeBest:   2.12,
			measureNearest:     0.66,
			measureSeveral:     0.28,
			measureGap:         -0.70,
			measureChosen:      4.15,
			measureShare:       0.63,
			measureSheetShare:  -0.11,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.42,
			noneStrange:   1.44,
			noneUnknown:   1.64,
			noneShort:     2.40,
			noneUncovered: -1.24,
			noneUnlike:    0.95,
			noneDoubt:     -0.35,
		},
	},
	withLikeness: {
		candidate: [measures]float32{
			measureCoverage:    1.42,
			measureContainment: -0.35,
			measureCosine:      0.62,
			measureMatched:     2.10,
			measureWhole:       1.18,
			measureWholeBest:   3.28,
			measureNearest:     1.12,
			measureSeveral:     1.43,
			measureGap:         0.17,
		},
		none: [noneMeasures]float32{
			noneAlways:    1.25,
			noneStrange:   1.75,
			noneUnknown:   1.80,
			noneShort:     2.63,
			noneUncovered: -1.00,
			noneUnlike:    1.48,
		},
	},
	withIndex: {
		candidate: [measures]float32{
			measureCoverage:    0.72,
			measureContainment: 1.11,
			measureCosine:      0.71,
			measureBM25:        -1.89,
			measureBM25Best:    2.66,
			measureMatched:     1.93,
			measureGap:         0.52,
		},
		none: [noneMeasures]float32{
			noneAlways:    2.25,
			noneStrange:   1.27,
			noneUnknown:   1.65,
			noneShort:     5.24,
			noneUncovered: -1.30,
		},
	},
}
