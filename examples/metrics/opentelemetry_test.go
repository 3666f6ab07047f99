package metrics

import (
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
	"github.com/silverbranch/bb-telegram-analytics-go/core/bbtest"
)

func TestObserve(t *testing.T) {
	client := bbtest.NewServer(t).Client()
	reader := sdk.NewManualReader()
	if err := Observe(sdk.NewMeterProvider(sdk.WithReader(reader)).Meter("mybot"), client); err != nil {
		t.Fatal(err)
	}
	client.Send(bb.Event{Name: "order_paid"})
	client.Send(bb.Event{}) // no name
	if err := client.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, m := range all.ScopeMetrics[0].Metrics {
		for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
			name := m.Name
			if reason, ok := point.Attributes.Value("reason"); ok {
				name += " " + reason.AsString()
			}
			got[name] = point.Value
		}
	}
	for name, want := range map[string]int64{
		"bb.events.received": 2, "bb.events.delivered": 1, "bb.events.pending": 0, "bb.retries": 0,
		"bb.events.dropped invalid": 1, "bb.events.dropped refused": 0,
	} {
		if n, ok := got[name]; !ok || n != want {
			t.Errorf("%s is %d, want %d", name, n, want)
		}
	}
}
