package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/deliver/hostedgraphite"
	"github.com/plumbago/plumbago/internal/certs"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

// sendCommand sends points to anything that speaks Graphite's protocols.
type sendCommand struct {
	To       string        `default:"tcp://127.0.0.1:2003" placeholder:"URL" help:"Where to: tcp://, tls:// or udp://host:port, https://host for a hosted Graphite's sink, blueflood+https://host:port/ACCOUNT (${default})."`
	Protocol string        `default:"line" enum:"line,pickle" help:"line or pickle (${default})."`
	KeyFile  string        `placeholder:"FILE" help:"A file with the API key to send with. Without it, the key is that of the environment variable PLUMBAGO_KEY, if there is one."`
	User     string        `help:"For blueflood: Keystone's user; without it there is no login."`
	AuthURL  string        `name:"auth-url" placeholder:"URL" help:"For blueflood with a user: Keystone's address."`
	CA       string        `placeholder:"FILE" help:"For tls:// and https://: authorities to trust instead of the system's, in PEM."`
	Timeout  time.Duration `default:"10s" help:"How long to wait for the far end (${default})."`
	Point    []string      `arg:"" optional:"" passthrough:"partial" name:"point" help:"NAME VALUE [TIME]; without them, lines from standard input."`
}

func (c *sendCommand) Run(ctx context.Context, s streams) error {
	input, err := c.input(s.in)
	if err != nil {
		return usageError{fmt.Errorf("send: %w", err)}
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return fmt.Errorf("send to %s: %w", c.To, err)
	}
	p := sending{conn: conn, out: s.err, timeout: c.Timeout, shown: time.Now()}
	err = p.all(ctx, input)
	closing, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if err := errors.Join(err, conn.Close(closing)); err != nil {
		return fmt.Errorf("send to %s: %w", c.To, err)
	}
	p.learn()
	fmt.Fprintf(s.err, "sent %s to %s\n", plural(p.sent, "point"), c.To)
	if p.refused > 0 {
		return fmt.Errorf("send: %s left out", plural(p.refused, "line"))
	}
	return nil
}

// input is what to send: the point that was typed, or standard input.
func (c *sendCommand) input(stdin io.Reader) (io.Reader, error) {
	switch len(c.Point) {
	case 0:
		return stdin, nil
	case 2, 3:
		return strings.NewReader(strings.Join(c.Point, " ") + "\n"), nil
	}
	return nil, fmt.Errorf("want NAME VALUE [TIME], got %d words", len(c.Point))
}

func (c *sendCommand) dial(ctx context.Context) (deliver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	d, err := c.farEnd()
	if err != nil {
		return nil, usageError{err}
	}
	return d.Dial(ctx)
}

// farEnd is what the points are sent to.
func (c *sendCommand) farEnd() (deliver.Destination, error) {
	u, err := url.Parse(c.To)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("want an address like tcp://127.0.0.1:2003, without a user in it")
	}
	key, err := c.key()
	if err != nil {
		return nil, err
	}
	security := certs.Client{CAFile: c.CA}
	if scheme, ok := strings.CutPrefix(u.Scheme, "blueflood+"); ok {
		return c.blueflood(scheme+"://"+u.Host, strings.Trim(u.Path, "/"), key)
	}
	switch u.Scheme {
	case "http", "https":
		return hostedgraphite.New(hostedgraphite.Options{URL: c.To, Key: key, TLS: security, Timeout: c.Timeout})
	case "tls":
		return carbon.New(carbon.Options{Address: c.To, Protocol: c.Protocol, Prefix: key, TLS: &security})
	}
	return carbon.New(carbon.Options{Address: c.To, Protocol: c.Protocol, Prefix: key})
}

// blueflood is an account at a Blueflood.
func (c *sendCommand) blueflood(url, account, key string) (deliver.Destination, error) {
	if account == "" {
		return nil, errors.New("want the account behind the address, like blueflood+https://host:19000/123456")
	}
	o := blueflood.Options{URL: url, Tenant: account, Interval: time.Millisecond, Timeout: c.Timeout, TLS: certs.Client{CAFile: c.CA}}
	if c.User != "" {
		o.Auth = &blueflood.Auth{URL: c.AuthURL, User: c.User, Key: key}
	}
	return blueflood.New(o)
}

// key is what says whose the points are. It is not taken from the command line,
// which everybody on the machine can read.
func (c *sendCommand) key() (string, error) {
	if c.KeyFile == "" {
		return os.Getenv("PLUMBAGO_KEY"), nil
	}
	text, err := os.ReadFile(c.KeyFile)
	return strings.TrimSpace(string(text)), err
}

// sending is a stream of lines under way.
type sending struct {
	conn    deliver.Conn
	out     io.Writer // where progress and refused lines are shown
	timeout time.Duration
	parser  line.Parser
	block   metric.Batch
	line    int
	sent    int
	refused int
	shown   time.Time
}

const sendBlock = 64 << 10

// all sends the lines of r. Lines that are no points are shown and left out.
func (p *sending) all(ctx context.Context, r io.Reader) error {
	p.parser.Reject = func(why metric.Reason, raw []byte) {
		p.refused++
		fmt.Fprintf(p.out, "plumbago: line %d: %.200q left out: %s\n", p.line, raw, inWords(why))
	}
	lines := bufio.NewReaderSize(r, line.DefaultMaxLine+2)
	for {
		raw, err := lines.ReadSlice('\n')
		if len(raw) > 0 {
			p.line++
			p.add(p.parser.Parse(raw, time.Now().Unix()))
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("line %d is longer than %d bytes", p.line, line.DefaultMaxLine)
		case errors.Is(err, io.EOF):
			return p.flush(ctx)
		case err != nil:
			return err
		}
		if len(p.block.Lines) >= sendBlock || lines.Buffered() == 0 {
			if err := p.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// inWords says what is wrong with a line.
func inWords(why metric.Reason) string {
	switch why {
	case metric.Fields:
		return "want NAME VALUE [TIME]"
	case metric.Name:
		return "a name cannot be empty, nor hold blanks or control characters"
	case metric.Value, metric.NaN:
		return "the value is not a number"
	case metric.Timestamp:
		return "the time is not a number of seconds"
	}
	return string(why)
}

func (p *sending) add(b metric.Batch) {
	p.block.Lines = append(p.block.Lines, b.Lines...)
	p.block.Points += b.Points
}

// learn counts what the far end has refused by the end.
func (p *sending) learn() {
	if r, ok := p.conn.(deliver.Refuser); ok {
		points, why := r.Refused()
		p.refuse(int(points), why)
	}
}

func (p *sending) refuse(points int, why error) {
	if points == 0 {
		return
	}
	p.refused += points
	p.sent -= points
	fmt.Fprintf(p.out, "plumbago: %s refused by the far end: %v\n", plural(points, "point"), why)
}

func (p *sending) flush(ctx context.Context) error {
	if p.block.Points == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	err := p.conn.Send(ctx, p.block)
	refused := deliver.RefusedBy(err)
	if deliver.IsPermanent(err) {
		refused = p.block.Points
	}
	if err != nil && refused == 0 {
		return err
	}
	p.sent += p.block.Points
	p.refuse(refused, err)
	p.block = metric.Batch{Lines: p.block.Lines[:0]}
	if time.Since(p.shown) > time.Second {
		p.shown = time.Now()
		fmt.Fprintf(p.out, "sent %s\n", plural(p.sent, "point"))
	}
	return nil
}
