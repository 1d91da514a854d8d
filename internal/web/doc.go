// Package web promises that every page and endpoint is served alike: strict headers, bounded requests, logs and metrics
// that know routes but never what was sent or by whom, static files that browsers may keep, and a server that stops cleanly.
package web
