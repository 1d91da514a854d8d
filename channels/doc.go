// Package channels promises that every way in looks alike to the rest of the
// house: a driver brings an Inbound and sends an Outbound, and texts are
// fitted to what their medium can carry. A new provider is one folder below
// this one; a new medium adds one constant in dialog and its Abilities here.
package channels
