// Package sheets promises that everything the bot answers from can be read by
// anybody: the information sheets as pages that work without JavaScript, on a
// phone and on paper, to search, to follow and to fetch as JSON, and the short
// links that text messages carry. Every answer says for which country it
// holds; what people search for is in no address and no log.
package sheets
