package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	bb "github.com/silverbranch/bb-telegram-analytics-go/core"
)

// Collector gives the ledger of a client to Prometheus:
//
//	prometheus.MustRegister(metrics.Collector{Client: client})
type Collector struct{ Client *bb.Client }

var (
	events  = prometheus.NewDesc("bb_events_total", "Events of the BB Analytics client by what became of them.", []string{"outcome"}, nil)
	dropped = prometheus.NewDesc("bb_events_dropped_total", "Events that will not be delivered, by reason.", []string{"reason"}, nil)
	pending = prometheus.NewDesc("bb_events_pending", "Events that wait or are being sent.", nil, nil)
	retries = prometheus.NewDesc("bb_retries_total", "Requests beyond the first of each event.", nil, nil)
)

// reasons are there from the start, each with 0: an alert on an increase sees the
// first drop only if there was a value before it.
var reasons = []bb.DropReason{
	bb.DropQueueFull, bb.DropInvalid, bb.DropRefused, bb.DropExpired, bb.DropClosed, bb.DropFiltered, bb.DropOutbox, bb.DropThrottled,
}

// Describe implements prometheus.Collector.
func (c Collector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

// Collect implements prometheus.Collector. Stats costs less than a microsecond and
// never waits for the network.
func (c Collector) Collect(to chan<- prometheus.Metric) {
	s := c.Client.Stats()
	count := func(desc *prometheus.Desc, n uint64, label ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), label...)
	}
	count(events, s.Received, "received")
	count(events, s.Recovered, "recovered")
	count(events, s.Delivered, "delivered")
	count(events, s.HandedOver, "handed_over")
	count(events, s.Throttled, "throttled")
	count(events, s.Duplicates, "duplicate")
	for _, reason := range reasons {
		count(dropped, s.DroppedBy[reason], string(reason))
	}
	count(retries, s.Retries)
	to <- prometheus.MustNewConstMetric(pending, prometheus.GaugeValue, float64(s.Pending))
}
