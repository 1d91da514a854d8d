// Command loadtest promises figures that mean something on any machine: it
// drives a running helpline as the outside world does (signed webhooks,
// websockets, the staff's console) and measures in the same run, in turn, what
// this machine can do at most, so that what it reports are ratios.
//
// It starts a service of its own, built from this module, unless -url points at
// one. It knows the service by its wire formats alone. Beside the speed it
// checks that nothing was lost: every message that was accepted has exactly the
// replies that the same conversation had when it was held alone, each handed to
// the provider once.
package main
