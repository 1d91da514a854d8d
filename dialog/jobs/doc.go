// Package jobs promises that slow work is done beside the conversation and not
// in it: recordings are fetched and written down as text, one attempt a job,
// until the desk says that they are settled. A job carries an id and nothing
// else; what is to be done, and whether, stands in the conversation's own
// tables, so a job that is lost, doubled or late changes nothing: the sweep
// finds what is due.
package jobs
