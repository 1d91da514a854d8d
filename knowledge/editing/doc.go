// Package editing keeps the library's drafts and published versions in the
// database, and puts a new library on the shelf whenever one is published.
//
// The sheets of the content folder are where it begins (version 0 of each). What
// editors publish lies over them: the newest version of a sheet is the one in force.
// A sheet that does not parse can be kept as a draft, with its faults, and is never
// published; what was published before stays in force.
//
// Questions that the library could not answer are kept here as well, without who
// asked them.
package editing
