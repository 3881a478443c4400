package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"time"
)

// entry is a file or a folder in an archive; a folder's name ends in a slash.
type entry struct {
	name  string
	mode  int64
	owner int // user and group
	text  []byte
	file  string // where the text is, if it is not in text
}

// writeTar writes entries in their order, all with one date, so that the same
// entries give the same bytes.
func writeTar(w io.Writer, date time.Time, entries []entry) error {
	t := tar.NewWriter(w)
	for _, e := range entries {
		if err := e.write(t, date); err != nil {
			return err
		}
	}
	return t.Close()
}

func (e entry) write(t *tar.Writer, date time.Time) error {
	text := e.text
	if e.file != "" {
		var err error
		if text, err = os.ReadFile(e.file); err != nil {
			return err
		}
	}
	h := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Mode: e.mode, Uid: e.owner, Gid: e.owner, Size: int64(len(text)), ModTime: date, Format: tar.FormatUSTAR}
	if e.name[len(e.name)-1] == '/' {
		h.Typeflag = tar.TypeDir
	}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err := t.Write(text)
	return err
}

// zipped is text compressed, without a name or a date.
func zipped(text []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	z.Write(text) // to memory
	z.Close()
	return b.Bytes()
}

// writeZipped compresses what fill writes into a file.
func writeZipped(name string, fill func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, _ := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err := fill(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}
