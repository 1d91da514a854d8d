// Package words promises to read the words with which a person steers the
// service and nothing more: the keyword in front of a text message, and the
// few commands (STOP, START, MORE) when they stand alone. Everything else is
// somebody's message and comes back as it was written.
//
// It is stricter about STOP than a carrier's defaults are: END, QUIT, CANCEL
// and UNSUBSCRIBE are ordinary words on a line where people write "I can't
// take any more, I want it to end", and so is a STOP with other words round
// it. Somebody opted out by mistake would get no answer to a cry for help.
package words
