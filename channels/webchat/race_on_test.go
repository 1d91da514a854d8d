//go:build race

package webchat_test

// raceFactor is how much more memory the race detector takes.
const raceFactor = 6
