// Package simulator promises a pretend telephone network that behaves as
// Twilio's documentation says Twilio does: handsets that text and ring, a REST
// API that takes messages and gives out recordings, webhooks signed with the
// account's token and repeated by Twilio's rules, TwiML carried out, delivery
// receipts, and any of these going wrong on demand. The helpline cannot tell
// the difference, so that demo, tests and a real account run the same code.
//
// Everything is in memory and is gone when the program ends. Nothing leaves
// the machine except webhooks to the configured address.
package simulator
