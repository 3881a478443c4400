package main

import (
	"bytes"
	"fmt"
	"os"
)

// imageCommand makes an image for each Linux. It needs no daemon.
type imageCommand struct{}

func (imageCommand) Run(c *commandLine) error { return c.each(linuxes(systems), (*workshop).image) }

// imageUser is whom the gateway runs as in a container; a number, so that
// Kubernetes can see that it is not root.
const imageUser = 65532

func (w *workshop) image(s system) error {
	entries, err := w.rootFS(s)
	if err != nil {
		return err
	}
	var layer bytes.Buffer
	if err := writeTar(&layer, w.date, entries); err != nil {
		return err
	}
	f, err := os.Create(w.named(s, "image.tar"))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := writeLayout(f, w.source, s, layer.Bytes()); err != nil {
		return err
	}
	return f.Close()
}

// rootFS is all that is in a container: no shell, and nothing that can be written
// but the folder of the queues.
func (w *workshop) rootFS(s system) ([]entry, error) {
	binary, err := w.build(s)
	if err != nil {
		return nil, err
	}
	roots, err := w.output(nil, "go", "run", "-C", w.path("packaging/tools"), "./roots")
	if err != nil {
		return nil, err
	}
	user := fmt.Sprintf("plumbago:x:%d:", imageUser)
	list := []entry{
		{name: "etc/passwd", mode: 0o644, text: fmt.Appendf(nil, "%s%d::/var/lib/plumbago:/sbin/nologin\n", user, imageUser)},
		{name: "etc/group", mode: 0o644, text: []byte(user + "\n")},
		{name: "etc/plumbago/plumbago.yml", mode: 0o644, file: w.path("packaging/image.yml")},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, text: roots},
		{name: "usr/bin/plumbago", mode: 0o755, file: binary},
		{name: "usr/share/doc/plumbago/LICENSE", mode: 0o644, text: w.papers.licence},
		{name: "usr/share/doc/plumbago/THIRD-PARTY", mode: 0o644, text: w.papers.thirdParty},
		{name: "var/lib/plumbago/", mode: 0o700, owner: imageUser},
	}
	var folders []entry
	for _, name := range []string{"etc/", "etc/plumbago/", "etc/ssl/", "etc/ssl/certs/", "usr/", "usr/bin/", "usr/share/", "usr/share/doc/", "usr/share/doc/plumbago/", "var/", "var/lib/"} {
		folders = append(folders, entry{name: name, mode: 0o755})
	}
	return append(folders, list...), nil
}
