// Package delivery takes records from a store and posts them to the API.
//
// The parts, each in its file: the [Engine] runs the senders; take leases a
// record and expire gives it up; the pacer decides when the next request may
// go; [Endpoint] makes one, by connections of our own or by standard, and contain
// bounds the user's transport; answer says what came back means; attempt settles
// the record by it; outage writes the log lines; flush waits; sync makes safe
// what was put.
package delivery
