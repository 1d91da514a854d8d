// Package sheets promises that everything the bot answers from can be read by
// anybody: the information sheets as pages that work without JavaScript, on a
// phone and on paper, and the short links that text messages carry.
package sheets
