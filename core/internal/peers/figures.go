package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// values applies f to each repetition.
func values[T any](repetitions []T, f func(T) float64) []float64 {
	v := make([]float64, len(repetitions))
	for i, r := range repetitions {
		v[i] = f(r)
	}
	return v
}

func median[T any](repetitions []T, f func(T) float64) float64 {
	return middle(values(repetitions, f))
}

func middle(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// ratio divides inside each repetition, and tells the median of that and its
// quartiles.
func ratio[T any](a, b []T, f func(T) float64) string {
	v := make([]float64, min(len(a), len(b)))
	for i := range v {
		v[i] = f(a[i]) / f(b[i])
	}
	return spread(v)
}

// spread is the median with the quartiles.
func spread(v []float64) string {
	if len(v) == 1 {
		return fmt.Sprintf("%.2f", v[0])
	}
	v = slices.Sorted(slices.Values(v))
	quarter := len(v) / 4
	return fmt.Sprintf("%.2f (%.2f–%.2f)", middle(v), v[quarter], v[len(v)-1-quarter])
}

// number has three digits, or more before the point.
func number(v float64) string {
	decimals := 0
	switch size := math.Abs(v); {
	case size < 9.995 && size > 0:
		decimals = 2
	case size < 99.95 && size > 0:
		decimals = 1
	default:
		return whole(v)
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// whole has commas between thousands.
func whole(v float64) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', 0, 64)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	if v <= -0.5 {
		return "-" + text
	}
	return text
}

// timed is what single calls took.
type timed struct{ P50, P99 time.Duration }

// percentile sorts took.
func percentile(took []time.Duration, p float64) time.Duration {
	slices.Sort(took)
	return took[min(len(took)-1, int(float64(len(took))*p/100))]
}
