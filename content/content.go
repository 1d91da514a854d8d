// Package content promises the helpline's own words and data, embedded so that
// one file is enough to run it. A folder of the same form replaces all of it.
package content

import "embed"

// FS holds sheets/, contacts/, synonyms/, texts/, voice/, risk/ and prisons/.
//
//go:embed sheets contacts synonyms texts voice risk prisons
var FS embed.FS
