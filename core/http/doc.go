// Package bbhttp shows a client the updates of a bot where they come in over
// HTTP, as Telegram sent them: whatever the library, whatever it can decode.
//
// [NewTransport] is for bots that poll. It goes into the HTTP client that the
// library makes its requests with:
//
//	httpClient := &http.Client{Transport: bbhttp.NewTransport(client, nil)}
//
// [NewHandler] is for webhooks; the context of each request has the tracker of its
// update, for [bb.FromContext]:
//
//	mux.Handle("/telegram", bbhttp.NewHandler(client, webhook, bbhttp.WithSecretToken(secret)))
//
// They may stand beside an adapter: an update that both see counts once, and the
// adapter gives handlers their tracker.
package bbhttp
