// Package prisons promises to know every prison of the United Kingdom and to
// find their names in what people write: official names, short names, the
// names people use, written together, apart or with a typing error. Names that
// are also towns or ordinary words count only when the words around them say
// that a prison is meant; otherwise they are marked as uncertain.
package prisons
