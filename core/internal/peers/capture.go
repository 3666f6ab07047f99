package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// exchange is a request as bb makes it.
type exchange struct {
	request *http.Request // without its body
	body    []byte
	wire    []byte // head and body as net/http writes them
}

// capture has bb send one event for url into a transport that keeps it.
func capture(url string) (*exchange, error) {
	seen := &recorder{}
	cfg := config(job{URL: url, InFlight: 1})
	cfg.Transport = seen
	client, err := bb.New(cfg)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	send(client.For(7, 7))
	if err := client.Flush(context.Background()); err != nil {
		return nil, err
	}
	if seen.exchange == nil {
		return nil, fmt.Errorf("bb sent nothing to %s", url)
	}
	return seen.exchange, nil
}

// recorder is a transport that keeps a request and takes it.
type recorder struct{ exchange *exchange }

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request = request.Clone(context.Background())
	request.Body = io.NopCloser(bytes.NewReader(body))
	var wire bytes.Buffer
	if err := request.Write(&wire); err != nil {
		return nil, err
	}
	request.Body = nil
	r.exchange = &exchange{request, body, wire.Bytes()}
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(`{"status":"ok"}`)), Request: request,
	}, nil
}
