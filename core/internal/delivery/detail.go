package delivery

import (
	"encoding/json"
	"strings"
	"unicode"
)

const (
	maxDetail = 200 // characters of a refusal that reach the log
	maxFaults = 5   // faults of a validation answer that reach the log
)

// refusalDetail reads why the API refused an event: its "detail" if that is a
// short string, else the place and type of each fault. The values that were
// refused are left out: an answer may quote the payload.
func refusalDetail(body []byte) string {
	var envelope struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &envelope) != nil {
		return ""
	}
	var text string
	if json.Unmarshal(envelope.Detail, &text) == nil {
		if text = printable(text); len(text) <= maxDetail {
			return text
		}
		return ""
	}
	var faults []struct {
		Loc  []any  `json:"loc"`
		Type string `json:"type"`
	}
	if json.Unmarshal(envelope.Detail, &faults) != nil {
		return ""
	}
	var lines []string
	for _, fault := range faults[:min(len(faults), maxFaults)] {
		lines = append(lines, faultPlace(fault.Loc)+" "+printable(fault.Type))
	}
	if text = strings.Join(lines, ", "); len(text) > maxDetail {
		return ""
	}
	return text
}

func faultPlace(loc []any) string {
	var parts []string
	for _, part := range loc {
		if name, ok := part.(string); ok {
			parts = append(parts, printable(name))
		}
	}
	return strings.Join(parts, ".")
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s)
}
