package knowledge

// weightSets are fitted by "go run ./knowledge/train", which writes this file, on the
// ways in which people put the questions of the library, each put to a library without
// those of its writers. FIGURES.md says how good that is.
var weightSets = [weightKinds]weightsOf{
	withChooser: {
		candidate: [measures]float32{
			measureCoverage:    1.26,
			measureContainment: -0.22,
			measureCosine:      0.39,
			measureMatched:     2.04,
			measureWhole:       0.13,
			measureWholeBest:   2.12,
			measureNearest:     0.64,
			measureSeveral:     0.27,
			measureGap:         -0.68,
			measureChosen:      4.16,
			measureShare:       0.58,
			measureSheetShare:  -0.06,
		},
		none: [noneMeasures]float32{
			noneAlways:    0.42,
			noneStrange:   1.44,
			noneUnknown:   1.63,
			noneShort:     2.45,
			noneUncovered: -1.26,
			noneUnlike:    0.98,
			noneDoubt:     -0.40,
		},
	},
	withLikeness: {
		candidate: [measures]float32{
			measureCoverage:    1.39,
			measureContainment: -0.35,
			measureCosine:      0.62,
			measureMatched:     2.13,
			measureWhole:       1.19,
			measureWholeBest:   3.29,
			measureNearest:     1.10,
			measureSeveral:     1.44,
			measureGap:         0.17,
		},
		none: [noneMeasures]float32{
			noneAlways:    1.25,
			noneStrange:   1.74,
			noneUnknown:   1.79,
			noneShort:     2.65,
			noneUncovered: -1.02,
			noneUnlike:    1.49,
		},
	},
	withIndex: {
		candidate: [measures]float32{
			measureCoverage:    0.70,
			measureContainment: 1.11,
			measureCosine:      0.73,
			measureBM25:        -1.87,
			measureBM25Best:    2.65,
			measureMatched:     1.92,
			measureGap:         0.52,
		},
		none: [noneMeasures]float32{
			noneAlways:    2.25,
			noneStrange:   1.26,
			noneUnknown:   1.65,
			noneShort:     5.23,
			noneUncovered: -1.33,
		},
	},
}
