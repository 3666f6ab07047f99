package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

// FuzzPayload holds what is written by hand against encoding/json.
func FuzzPayload(f *testing.F) {
	f.Add("team", "bra", int64(7), 1.5, true)
	f.Add("\"", "a\xff\u2028<&>\x00", int64(-1<<63), math.Copysign(0, -1), false)
	f.Fuzz(func(t *testing.T, key, text string, integer int64, float float64, flag bool) {
		p := map[string]any{key: text, "i" + key: integer, "f" + key: float, "b" + key: flag, "n" + key: nil, "s" + key: int(integer)}
		got, err := AppendPayload([]byte("x"), p)
		if math.IsNaN(float) || math.IsInf(float, 0) {
			if err == nil {
				t.Fatalf("%v was written as %s", float, got)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(p); err != nil {
			t.Fatal(err)
		}
		if len(p) == 6 && strings.ToValidUTF8(key, "") == key && "x"+want.String() != string(got)+"\n" {
			t.Errorf("got  %s\nwant x%s", got, want.String())
		}
		if !json.Valid(got[1:]) {
			t.Errorf("%s is no JSON", got)
		}
	})
}

func TestDecodeReadsBack(t *testing.T) {
	body, err := Append(nil, Event{Name: "x", UserID: 1 << 51, Payload: []byte(`{"a":1}`), Key: []byte("k")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Decode(body)
	if err != nil || d.Name != "x" || d.UserID != 1<<51 || d.ChatID != 0 || d.Payload["a"] != 1.0 || d.Key != "k" {
		t.Errorf("Decode(%s) = %+v, %v", body, d, err)
	}
}

func FuzzTime(f *testing.F) {
	f.Add(int64(0), int64(0))
	f.Add(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix(), int64(999_999_999))
	f.Add(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), int64(1_000))
	f.Add(time.Date(2024, 2, 29, 9, 5, 7, 0, time.UTC).Unix(), int64(70_000))
	f.Fuzz(func(t *testing.T, seconds, nanoseconds int64) {
		at := time.Unix(seconds, nanoseconds).UTC()
		if year := at.Year(); year < 0 || year > 9999 {
			return
		}
		want := at.Format("2006-01-02T15:04:05.000000Z")
		if got := string(appendTime(nil, at)); got != want {
			t.Errorf("appendTime = %s, want %s", got, want)
		}
	})
}
