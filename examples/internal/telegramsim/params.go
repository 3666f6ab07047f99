package telegramsim

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
)

// maxBody bounds one request. Bots under test send text, not files.
const maxBody = 1 << 20

// Params are the parameters of one call. Objects are kept as their JSON text,
// which is also how forms carry them.
type Params map[string]string

// parseParams reads parameters from wherever the Bot API takes them: the query,
// a form (urlencoded or multipart), or a JSON object.
func parseParams(w http.ResponseWriter, r *http.Request) (Params, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch contentType {
	case "application/json":
		return parseJSON(r)
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxBody)
	default:
		err = r.ParseForm()
	}
	if err != nil {
		return nil, badRequest("can't parse the request body: %v", err)
	}
	return firstValues(r.Form), nil
}

func parseJSON(r *http.Request) (Params, error) {
	var fields map[string]json.RawMessage
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &fields)
	}
	if err != nil {
		return nil, badRequest("can't parse request parameters JSON object: %v", err)
	}
	params := firstValues(r.URL.Query())
	for name, value := range fields {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		params[name] = text
	}
	return params, nil
}

func firstValues(form map[string][]string) Params {
	params := make(Params, len(form))
	for name, values := range form {
		params[name] = values[0]
	}
	return params
}

// integer returns a parameter as a number; 0 where it is absent.
func (p Params) integer(name string) (int64, error) {
	if p[name] == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(p[name], 10, 64)
	if err != nil {
		return 0, badRequest("%s must be an integer, got %q", name, p[name])
	}
	return n, nil
}

// keyboard returns reply_markup. Other markups than an inline keyboard give nil:
// Telegram does not repeat them in the message either.
func (p Params) keyboard() (*Keyboard, error) {
	text := p["reply_markup"]
	if text == "" {
		return nil, nil
	}
	var markup Keyboard
	if err := json.Unmarshal([]byte(text), &markup); err != nil {
		return nil, badRequest("can't parse reply keyboard markup JSON object")
	}
	if len(markup.Rows) == 0 {
		return nil, nil
	}
	for _, row := range markup.Rows {
		for _, button := range row {
			if button.Text == "" || len(button.Data) > 64 {
				return nil, badRequest("BUTTON_DATA_INVALID")
			}
		}
	}
	return &markup, nil
}

// apiError is an answer with "ok": false.
type apiError struct {
	code        int
	description string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.code, e.description) }

func badRequest(format string, args ...any) error {
	return &apiError{http.StatusBadRequest, "Bad Request: " + fmt.Sprintf(format, args...)}
}
