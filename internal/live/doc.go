// Package live promises to tell subscribers soon that something changed, and to tell them when it may have failed to: a
// notice carries a topic, an id and a sequence, never contents, and may be lost only together with a [Notice] that says so.
// What changed is in the database; a subscriber reads it there, from the last sequence it knows.
package live
