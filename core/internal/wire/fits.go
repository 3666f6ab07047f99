package wire

import (
	"encoding/json"
	"reflect"
)

var marshaler = reflect.TypeFor[json.Marshaler]()

// fits walks value as encoding/json would, before it does, and stops once what
// it has seen is larger than budget. So a small structure that holds itself
// over and over, or a huge string in it, does not hold up the caller of Send.
func fits(value reflect.Value, budget *int) bool {
	*budget--
	if !value.IsValid() || value.Type().Implements(marshaler) {
		return *budget >= 0
	}
	switch value.Kind() {
	case reflect.String:
		*budget -= value.Len()
	case reflect.Interface, reflect.Pointer:
		return *budget >= 0 && (value.IsNil() || fits(value.Elem(), budget))
	case reflect.Slice, reflect.Array:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			*budget -= value.Len()
			break
		}
		for i := range value.Len() {
			if !fits(value.Index(i), budget) {
				return false
			}
		}
	case reflect.Map:
		for entries := value.MapRange(); entries.Next(); {
			if !fits(entries.Key(), budget) || !fits(entries.Value(), budget) {
				return false
			}
		}
	case reflect.Struct:
		for i := range value.NumField() {
			field := value.Type().Field(i)
			written := (field.Anonymous || field.IsExported()) && field.Tag.Get("json") != "-"
			if written && !fits(value.Field(i), budget) {
				return false
			}
		}
	}
	return *budget >= 0
}
