// Package redact promises to take out of somebody's words what says who or
// where they are, as far as a machine can see it: what has the form of a
// telephone number, a prison number, a date of birth, or a post, e-mail or web
// address, and the names that the caller knows, in other spellings too. Neutral
// words stand in their place, so that what is left reads as it was written.
//
// It errs towards replacing too much. What it cannot see, nicknames, a rare
// event, a town, only a person can: somebody has to read what it returns
// before it is handed on.
package redact
