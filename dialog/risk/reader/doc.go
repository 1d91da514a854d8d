// Package reader promises a second opinion on a message from a language model
// that the service's owners run themselves, behind any OpenAI-compatible chat
// endpoint (llama.cpp's server, Ollama, vLLM …): a level, for whom, and the
// words that show it, within a deadline, or an error and no opinion. Whoever
// asks may raise a level by it and never lower one; without it nothing changes.
// It is off unless a URL is set.
//
// What it sends: the guide of content/risk/reader.md, the newest message and
// those before it by the same person, as they were written, but for telephone
// numbers, prison numbers, dates of birth, and post, e-mail and web addresses,
// which are replaced (dialog/redact). It adds no number, no address, no name and
// no identifier of a person or of the service, and it logs nothing.
package reader
