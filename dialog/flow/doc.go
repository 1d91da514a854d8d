// Package flow promises the conversation as a pure state machine: Step takes
// what was said, what is known and the state it left last time, and returns
// what to say, what was learned and the next state. It reads no clock, no
// random source, no network and no database; everything of that kind is in
// Env.
package flow
