package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/plumbago/plumbago/config"
)

// gatewayChoice says which running gateway is meant.
type gatewayChoice struct {
	Config   string `short:"c" placeholder:"FILE" xor:"where" help:"The gateway's configuration: plumbago.yml or carbon.conf."`
	Instance string `default:"${carbon_instance}" help:"For carbon.conf: the instance."`
	DataDir  string `placeholder:"DIR" xor:"where" help:"The gateway's data_dir, instead of its configuration. Without either: ./plumbago-data, or else that of a default installation."`
}

// socketIn is where a gateway's socket is unless its configuration says otherwise.
func socketIn(dataDir string) string { return filepath.Join(dataDir, "admin.sock") }

// socket returns the path of the gateway's socket.
func (c *gatewayChoice) socket() (string, error) {
	if c.Config == "" || isCarbons(c.Config) {
		dir, err := (&queueChoice{Config: c.Config, Instance: c.Instance, DataDir: c.DataDir}).dataDir()
		return socketIn(dir), err
	}
	data, err := os.ReadFile(c.Config)
	if err != nil {
		return "", usageError{fmt.Errorf("read %s: %w", c.Config, err)}
	}
	path, err := config.Socket(c.Config, data, config.Lookup{})
	if err != nil {
		return "", usageError{fmt.Errorf("read %s: %w", c.Config, layOut(err))}
	}
	return path, nil
}

// operator asks a running gateway.
type operator struct {
	client http.Client
	where  string // for errors
	base   string
	token  string
}

// operator finds the gateway: at its socket or, if that cannot be used, where its
// configuration says that it listens on this host.
func (c *gatewayChoice) operator(ctx context.Context) (*operator, error) {
	path, err := c.socket()
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	probe, err := dial(ctx, "", "")
	if err == nil {
		probe.Close()
		return &operator{client: http.Client{Transport: &http.Transport{DialContext: dial}}, where: path, base: "http://plumbago"}, nil
	}
	if o := c.byAddress(); o != nil {
		return o, nil
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("ask the gateway at %s: permission denied: do it as the gateway's user, or see admin.socket_group", path)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("no gateway runs with a socket at %s: name its file by --config, or its folder by --data-dir", path)
	}
	return nil, fmt.Errorf("ask the gateway: %w", err)
}

// byAddress reaches the gateway where it listens for this host without TLS; nil if it
// does not.
func (c *gatewayChoice) byAddress() *operator {
	if c.Config == "" || isCarbons(c.Config) {
		return nil
	}
	f, err := config.Load(c.Config)
	if err != nil || !config.Loopback(f.Admin.Listen) || f.Admin.TLS != (config.ServerTLS{}) {
		return nil
	}
	where := hostPort(f.Admin.Listen)
	probe, err := net.Dial("tcp", where)
	if err != nil {
		return nil
	}
	probe.Close()
	return &operator{where: where, base: "http://" + where, token: f.Admin.Token.Reveal()}
}

// get asks for a path. The answer is one of success; its body is to be closed.
func (o *operator) get(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.base+path, nil)
	if err != nil {
		return nil, err
	}
	if o.token != "" {
		r.Header.Set("Authorization", "Bearer "+o.token)
	}
	answer, err := o.client.Do(r)
	if err != nil {
		why := new(url.Error)
		if errors.As(err, &why) {
			err = why.Err
		}
		return nil, fmt.Errorf("ask the gateway at %s: %w", o.where, err)
	}
	if answer.StatusCode == http.StatusOK {
		return answer, nil
	}
	defer answer.Body.Close()
	text, _ := bufio.NewReader(io.LimitReader(answer.Body, 4<<10)).ReadString('\n')
	return nil, refused{answer.StatusCode, strings.TrimSpace(text)}
}

// ask asks for JSON.
func (o *operator) ask(ctx context.Context, path string, query url.Values, into any) error {
	answer, err := o.get(ctx, path, query)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("read what the gateway at %s says: %w", o.where, err)
	}
	return nil
}

// refused is the gateway's answer that is not one of success.
type refused struct {
	code int
	text string
}

func (r refused) Error() string { return fmt.Sprintf("the gateway says: %s", r.text) }
