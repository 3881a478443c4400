package post

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// request writes the heads of requests.
type request struct {
	target *url.URL
	host   string
	proxy  *url.URL // that requests are handed to; nil without one, or if it only connects
	fixed  string   // the header that all have
	buf    bytes.Buffer
}

func newRequest(target *url.URL, o Options, proxy *url.URL) *request {
	r := &request{target: target, host: target.Host}
	if zone := strings.IndexByte(r.host, '%'); zone >= 0 { // it is this machine's affair
		r.host = r.host[:zone] + r.host[strings.IndexByte(r.host, ']'):]
	}
	h := http.Header{"Accept-Encoding": {"gzip"}}
	if o.Agent != "" {
		h.Set("User-Agent", o.Agent)
	}
	if o.Gzip {
		h.Set("Content-Encoding", "gzip")
	} else if o.Coding != "" {
		h.Set("Content-Encoding", o.Coding)
	}
	if proxy != nil && target.Scheme == "http" {
		r.proxy = proxy
		authorize(h, proxy)
	}
	var fixed strings.Builder
	h.Write(&fixed)
	r.fixed = fixed.String()
	return r
}

// own are the headers that a caller cannot change.
var own = map[string]bool{
	"Host": true, "User-Agent": true, "Accept-Encoding": true, "Content-Encoding": true, "Content-Length": true,
	"Transfer-Encoding": true, "Trailer": true, "Connection": true, "Expect": true, "Upgrade": true, "Proxy-Authorization": true,
}

// head returns the head of a request, valid until the next.
func (r *request) head(path string, header http.Header, length int) []byte {
	r.buf.Reset()
	fmt.Fprintf(&r.buf, "POST %s HTTP/1.1\r\nHost: %s\r\n%s", r.uri(path), r.host, r.fixed)
	r.buf.WriteString("Content-Length: " + strconv.Itoa(length) + "\r\n")
	header.WriteSubset(&r.buf, own) // it lets no value end its line
	r.buf.WriteString("\r\n")
	return r.buf.Bytes()
}

func (r *request) uri(path string) string {
	u := *r.target
	if path != "" {
		u = *u.JoinPath(path)
	}
	if r.proxy != nil {
		return u.Scheme + "://" + r.host + u.RequestURI()
	}
	return u.RequestURI()
}

// authorize gives a proxy the name and password of its URL.
func authorize(h http.Header, proxy *url.URL) {
	if proxy.User == nil {
		return
	}
	password, _ := proxy.User.Password()
	pair := proxy.User.Username() + ":" + password
	h.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
}

// parseURL checks a URL. Its errors show no more of it than scheme, host and path.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("this is no URL: write http://host or https://host, with a path if there is one")
	}
	shown := (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("URL %q: write http://host or https://host", shown)
	case u.Hostname() == "":
		return nil, fmt.Errorf("URL %q names no host", shown)
	case u.User != nil:
		return nil, fmt.Errorf("URL %q: a name or password is no part of it", shown)
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

// squeeze compresses bodies.
type squeeze struct {
	to  bytes.Buffer
	zip *gzip.Writer
}

func newSqueeze() *squeeze {
	s := &squeeze{}
	s.zip, _ = gzip.NewWriterLevel(&s.to, gzip.BestSpeed) // there is such a level
	return s
}

// gzip returns body compressed, valid until the next call.
func (s *squeeze) gzip(body []byte) []byte {
	s.to.Reset()
	s.zip.Reset(&s.to)
	s.zip.Write(body) // a buffer takes everything
	s.zip.Close()
	return s.to.Bytes()
}
