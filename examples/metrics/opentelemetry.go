package metrics

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Observe gives the ledger of a client to OpenTelemetry:
//
//	err := metrics.Observe(otel.Meter("mybot"), client)
func Observe(meter metric.Meter, client *bb.Client) error {
	received, err1 := meter.Int64ObservableCounter("bb.events.received", metric.WithUnit("{event}"), metric.WithDescription("Events given to the client, or found in its outbox."))
	delivered, err2 := meter.Int64ObservableCounter("bb.events.delivered", metric.WithUnit("{event}"), metric.WithDescription("Events that the API took."))
	dropped, err3 := meter.Int64ObservableCounter("bb.events.dropped", metric.WithUnit("{event}"), metric.WithDescription("Events that will not be delivered, by reason."))
	retries, err4 := meter.Int64ObservableCounter("bb.retries", metric.WithUnit("{request}"), metric.WithDescription("Requests beyond the first of each event."))
	pending, err5 := meter.Int64ObservableUpDownCounter("bb.events.pending", metric.WithUnit("{event}"), metric.WithDescription("Events that wait or are being sent."))
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	_, err := meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		s := client.Stats()
		o.ObserveInt64(received, int64(s.Received+s.Recovered))
		o.ObserveInt64(delivered, int64(s.Delivered))
		for _, reason := range reasons {
			o.ObserveInt64(dropped, int64(s.DroppedBy[reason]), metric.WithAttributes(attribute.String("reason", string(reason))))
		}
		o.ObserveInt64(retries, int64(s.Retries))
		o.ObserveInt64(pending, int64(s.Pending))
		return nil
	}, received, delivered, dropped, retries, pending)
	return err
}
