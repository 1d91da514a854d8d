// Package livetest promises a test a real Redis server of its own, which it can stop and start. Where the server is not installed the
// test fails; it is never skipped.
package livetest
