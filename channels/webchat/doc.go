// Package webchat promises that a visitor's words are stored before they are
// called stored, that nothing said to the visitor is lost or shown twice,
// and that the visitor can leave at any moment without leaving words behind.
//
// It is a page that works without JavaScript (/chat), a script for anybody's
// site (/widget.js) and a websocket (/chat/ws) whose frames PROTOCOL.md
// describes. All three read one thing: the conversation's event log, by
// cursor. A visitor is known by a random secret that only the browser holds;
// the rest of the house sees its SHA-256. A visitor who has said nothing
// leaves no trace in the store.
package webchat
