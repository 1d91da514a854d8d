// Package accounts promises that somebody who is signed in is who they say: people with opaque roles, passwords kept as
// argon2id, guessing slowed down for every address alike whether it exists or not, sessions that end when they should.
package accounts
