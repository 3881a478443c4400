package admin

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// page is what operators see: one page, made of modules that browsers read as they are.
//
//go:embed page
var page embed.FS

// pageFiles reads them, once: packing takes a moment.
var pageFiles = sync.OnceValues(func() (assets, error) { return newAssets(page, "page") })

// assets are the files of the page, by path.
type assets map[string]asset

// asset is a file as it is sent.
type asset struct {
	kind           string
	tag            string // changes with the content
	plain, gzipped []byte // gzipped is nil if it would be no smaller
}

// newAssets reads the files below a folder.
func newAssets(from fs.FS, folder string) (assets, error) {
	all := assets{}
	err := fs.WalkDir(from, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		all[strings.TrimPrefix(name, folder+"/")] = newAsset(name, text)
		return nil
	})
	return all, err
}

// kinds are those of the page's files. What the machine says of them may be wrong.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

func newAsset(name string, text []byte) asset {
	sum := sha256.Sum256(text)
	a := asset{kind: kinds[path.Ext(name)], tag: `"` + hex.EncodeToString(sum[:12]) + `"`, plain: text}
	if a.kind == "" {
		a.kind = "text/plain; charset=utf-8"
	}
	if packed := pack(text); len(packed) < len(text) {
		a.gzipped = packed
	}
	return a
}

func pack(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(text) // a buffer takes everything
	w.Close()
	return b.Bytes()
}

// only serves one file.
func (all assets) only(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { all.serve(w, r, name) }
}

// ServeHTTP serves the file that the pattern's wildcard names.
func (all assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all.serve(w, r, r.PathValue("file"))
}

func (all assets) serve(w http.ResponseWriter, r *http.Request, name string) {
	a, ok := all[name]
	secure(w.Header())
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", "no-cache") // kept, and asked about: an upgrade shows at once
	h.Set("Vary", "Accept-Encoding")
	body, tag := a.plain, a.tag
	if a.gzipped != nil && takesGzip(r) {
		body, tag = a.gzipped, strings.TrimSuffix(a.tag, `"`)+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(body)
}

// takesGzip reports whether a browser says that it reads gzip. All do.
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.TrimSpace(name) == "gzip" && strings.TrimSpace(weight) != "q=0" {
			return true
		}
	}
	return false
}

// policy lets the page have what comes from here, and nothing else: no script or
// style in the text, no other place to send anything to, no frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secure has browsers take an answer for nothing but what it is.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
