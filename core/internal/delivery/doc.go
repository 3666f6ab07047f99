// Package delivery takes records from a store and has them posted to the API.
//
// The parts, each in its file: the [Engine] runs the senders; take leases a
// record, or gives it up; the pacer decides when the next request may
// go, and its witnesses for whom a failure speaks; attempt settles the record by
// what the endpoint says of the answer; outage writes the log lines; flush waits;
// sync makes safe what was put.
package delivery
