// Package delivery takes records from an outbox and posts them to the API.
//
// The parts, each in its file: [Endpoint] makes one request; classify reads
// its answer; the pacer (gate and limit) decides when the next request may go;
// the [Engine] runs the senders; outage writes the log lines.
package delivery
