// Package speech turns a telephone recording into a draft of what was said, and
// says without any engine whether there is anything to hear in it.
//
// It promises three things. A recording in any of the shapes a telephone
// provider or a browser delivers is read, or refused with a typed error, within
// bounded memory ([Decode]). A recording in which nobody speaks is recognised as
// such, and in doubt is not ([Silent]). And an [Engine] never puts a caller's
// words anywhere but in its [Transcript]: not into an error, not into a log, not
// into a file that outlives the process that reads it.
//
// There are two engines. [PocketSphinx] runs Debian's pocketsphinx as a process
// of its own; its text is often wrong. [Server] asks any server that speaks
// POST /v1/audio/transcriptions (whisper.cpp, speaches, LocalAI). [New] chooses:
// a configured server wins, then an installed pocketsphinx, then nothing. No
// engine is a nil [Engine] and an ordinary state: the recording waits to be
// listened to, only the draft is missing.
//
// A transcript is a draft. It may raise how urgent a message is and never lower
// it, and nothing is routed by it.
package speech
