package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// files is empty but for .gitkeep until the page has been built.
//
//go:embed all:dist
var files embed.FS

// notBuilt is shown where the page should be.
const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stellwerk: the page is not built</title>
<h1>The page is not built</h1>
<p>This program was built without its page. In the source tree, run</p>
<pre>make build</pre>
<p>and start it again. The API works all the same:
<a href="/api/topology">topology</a>,
<a href="/api/points">points</a>,
<a href="/api/health">health</a>.</p>
`

// contentTypes does not depend on the machine's tables, as package mime does.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".json": "application/json",
}

func builtPage() fs.FS {
	built, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path, stated above
	}
	return built
}

// page serves the files of the page.
type page struct{ files fs.FS }

func newPage(files fs.FS) *page { return &page{files: files} }

// ServeHTTP answers with the file that the path names, and with the page
// itself for "/".
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	if name == "" {
		name = "index.html"
	}
	content, err := fs.ReadFile(p.files, name)
	switch {
	case err == nil && name != ".gitkeep":
	case name == "index.html" && errors.Is(err, fs.ErrNotExist):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(notBuilt))
		return
	default:
		refuse(w, http.StatusNotFound, fmt.Sprintf("There is nothing at %s.", r.URL.Path))
		return
	}
	kind, ok := contentTypes[path.Ext(name)]
	if !ok {
		kind = "application/octet-stream"
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	if strings.HasPrefix(name, "assets/") {
		// The name contains a digest of the content.
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		digest := sha256.Sum256(content)
		tag := `"` + hex.EncodeToString(digest[:8]) + `"`
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = w.Write(content) //nolint:gosec // the program's own files; a client that has gone misses nothing
}
