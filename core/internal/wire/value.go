package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
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
		if len(v) > MaxEvent {
			return nil, ErrTooLarge
		}
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
	if budget := MaxEvent; !fits(reflect.ValueOf(value), &budget) {
		return nil, ErrTooLarge
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

// withoutContent keeps errors that may quote the payload out of the logs.
func withoutContent(err error) error {
	var (
		unsupportedType  *json.UnsupportedTypeError
		unsupportedValue *json.UnsupportedValueError
		foreign          *json.MarshalerError
	)
	switch {
	case errors.As(err, &foreign):
		return errors.New("MarshalJSON of " + foreign.Type.String() + " failed")
	case errors.As(err, &unsupportedType), errors.As(err, &unsupportedValue):
		return err
	}
	return errors.New("JSON cannot express it")
}
