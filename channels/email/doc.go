// Package email promises that a message to a member of staff is handed to the
// mail server that the settings name, or that the error says whether trying
// again can help. It is not a way in: families do not write to it.
package email
