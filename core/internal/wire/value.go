package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

// appendValue writes what flat payloads are made of by hand, and leaves the
// rest to encoding/json, which agrees with it byte for byte.
func appendValue(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return appendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	}
	return appendAny(dst, value)
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			dst, _ = appendAny(dst, string(s)) // a string never fails
			return dst
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func appendAny(dst []byte, value any) ([]byte, error) {
	buf := bytes.NewBuffer(dst)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false) // the reader is an API, not a page
	if err := enc.Encode(value); err != nil {
		return nil, withoutContent(err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), nil
}

// withoutContent keeps what a MarshalJSON of the caller says out of the logs:
// it may quote the payload.
func withoutContent(err error) error {
	var foreign *json.MarshalerError
	if errors.As(err, &foreign) {
		return errors.New("MarshalJSON of " + foreign.Type.String() + " failed")
	}
	return err
}
