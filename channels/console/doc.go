// Package console promises that whoever is on duty sees every worry without
// reloading, takes it over, answers on the channel the person used, writes down
// what was done, and that nothing a worker typed is lost on the way. Every page
// works without JavaScript; every handler stands behind the same check of who
// may see what.
package console
