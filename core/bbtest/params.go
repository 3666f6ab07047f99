package bbtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// maxUpload bounds what a bot may send, as Telegram does.
const maxUpload = 50 << 20

// parseParams reads parameters from wherever the Bot API takes them: the query,
// a form (urlencoded or multipart), or a JSON object. Files are dropped.
func parseParams(w http.ResponseWriter, r *http.Request) (map[string]string, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch contentType {
	case "application/json":
		return parseJSON(r)
	case "multipart/form-data":
		// Libraries send an empty body where a method has no parameters.
		if err = r.ParseMultipartForm(maxUpload); errors.Is(err, io.EOF) {
			err = nil
		}
	default:
		err = r.ParseForm()
	}
	if err != nil {
		return nil, fmt.Errorf("can't parse the request body: %w", err)
	}
	return firstValues(r.Form), nil
}

func parseJSON(r *http.Request) (map[string]string, error) {
	params := firstValues(r.URL.Query())
	var fields map[string]json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil && err != io.EOF {
		return nil, fmt.Errorf("can't parse request parameters JSON object: %w", err)
	}
	for name, value := range fields {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		params[name] = text
	}
	return params, nil
}

func firstValues(form map[string][]string) map[string]string {
	params := make(map[string]string, len(form))
	for name, values := range form {
		params[name] = values[0]
	}
	return params
}

// integer returns a parameter as a number; 0 where it is absent.
func integer(params map[string]string, name string) (int64, error) {
	if params[name] == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(params[name], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s must be an integer, got %q", name, params[name])
	}
	return n, nil
}
