// Package adaptertest proves that an adapter of a Telegram library does what
// package bb promises.
//
// It holds one corpus of raw updates, as Telegram sends them, with the events
// that each has to emit. [Run] decodes every update with the library's own
// types, sends it through every Entry of the adapter, and checks the events,
// their idempotency keys, the tracker that the handler gets, redelivery, and
// that handlers run exactly once whatever happens.
//
// The author of an adapter writes one test, as in the example of [Run].
package adaptertest
