package bbhttp

import (
	"bytes"
	"encoding/json"
	"testing"
)

// Of every answer that is JSON, split finds the objects that encoding/json finds.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{
		`{"ok":true,"result":[{"update_id":1},{"update_id":2,"message":{"text":"\"}]\\","list":[{"a":[1,2]},{}]}}]}`,
		`{"result": [ {"a":"result"} , {} ] ,"ok":true}`, `{"ok":true,"result":[]}`, `{"ok":true,"result":null}`,
		`{"description":"result","x":[{}]}`, `{"result":{"result":[{}]}}`, `{"result":[{}`, `[{"result":[{}]}]`, `{"result":"[{}]"}`,
		`"\\`, `{"result":[]]`, `{"r":[[{}]],"result":[[{}],{}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, ok := split(data)
		if !json.Valid(data) {
			return // whatever it returns is read by encoding/json
		}
		var list struct {
			Result []json.RawMessage `json:"result"`
		}
		if json.Unmarshal(data, &list) != nil || list.Result == nil {
			return
		}
		var want []json.RawMessage
		for _, element := range list.Result {
			if element[0] != '{' {
				return // no answer of getUpdates
			}
			want = append(want, element)
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(data, &fields) != nil || fields["result"] == nil || bytes.Count(data, []byte("esult")) > 1 {
			return // two of the name, or another spelling of it: encoding/json takes the last
		}
		if !ok || len(objects) != len(want) {
			t.Fatalf("%d objects, %v; want %d", len(objects), ok, len(want))
		}
		for i := range want {
			if !bytes.Equal(objects[i], want[i]) {
				t.Errorf("object %d is %s, want %s", i, objects[i], want[i])
			}
		}
	})
}
