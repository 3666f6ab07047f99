package page

import (
	"embed"
	"io/fs"
	"mime"
	"net/http"
)

//go:embed static
var static embed.FS

// New returns the page of a board. What its buttons do is left to actions. Host
// is the host name that the page is served under, besides IP addresses and
// localhost; "": none.
func New(board *Board, actions Actions, host string) http.Handler {
	// A Windows registry may say otherwise, and modules of another type do not run.
	_ = mime.AddExtensionType(".js", "text/javascript; charset=utf-8")
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.Handle("GET /stream", stream{board})
	handleCommands(mux, actions)
	return guard(mux, host)
}
