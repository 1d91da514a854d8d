// Package twilio promises that no message Twilio hands over is lost or taken
// twice, and that nobody but Twilio can hand one over: its webhooks for text
// messages and calls are checked, turned into Inbounds and answered once the
// desk has them on disk, and lines are sent through its REST API with errors
// that say whether they may be sent again.
//
// Field names, statuses and error codes are those of Twilio's documentation:
// https://www.twilio.com/docs/messaging/guides/webhook-request,
// https://www.twilio.com/docs/voice/twiml/record,
// https://www.twilio.com/docs/api/errors.
package twilio
