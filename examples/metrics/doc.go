// Package metrics shows the ledger of a client to Prometheus or to OpenTelemetry,
// and its tests show the client's log lines in zap, zerolog and logrus. It is an
// example: copy the file that you need. docs/metrics.md says what the figures mean.
package metrics
