//go:build !race

package webchat_test

const raceFactor = 1
