// Package desk promises that a message which was accepted is on disk, is
// assessed before anything else is decided, gets one reply or a stated reason
// why not, and stays in somebody's sight until its duties are met. Each public
// method is one thing that people do: receive, deliver, take over, say, hand
// back, meet a duty, close.
package desk
