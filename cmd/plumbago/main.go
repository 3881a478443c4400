// Command plumbago is the metrics gateway for Graphite: see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/plumbago/plumbago/config/carbonconf"
)

// version is set when the binary is built.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(exitStatus(run(ctx, typed(os.Args), os.Stdin, os.Stdout, os.Stderr), os.Stderr))
}

// commandLine is what can be typed; its tags are the help.
type commandLine struct {
	Serve            serveCommand            `cmd:"" help:"Run the gateway; without a file: a useful default on loopback."`
	Relay            relayCommand            `cmd:"" help:"Run in the place of carbon-relay, on its own files."`
	Check            checkCommand            `cmd:"" help:"Validate a configuration file and say what would run."`
	Explain          explainCommand          `cmd:"" help:"Say where metrics go, and why."`
	Send             sendCommand             `cmd:"" help:"Send points."`
	Tap              tapCommand              `cmd:"" help:"Show a live sample of the points that go through a running gateway, and where they go."`
	Top              topCommand              `cmd:"" help:"Show of what most of the points are: by sender, prefix, tenant, or reason of a drop."`
	Status           statusCommand           `cmd:"" help:"Show the receivers, destinations, queues and tenants of a running gateway."`
	Health           healthCommand           `cmd:"" help:"Say by the exit status whether a gateway runs, and whether it is ready."`
	Slack            slackCommand            `cmd:"" help:"Use a Slack channel as a bus for metrics."`
	Queue            queueCommand            `cmd:"" help:"What waits on disk, of a running or a stopped gateway."`
	Ring             ringCommand             `cmd:"" help:"What rings do to names."`
	Migrate          migrateCommand          `cmd:"" help:"Make a plumbago.yml of the configuration of carbon, carbon-c-relay or carbon-relay-ng."`
	Reload           reloadCommand           `cmd:"" help:"Have a running gateway take up its configuration anew."`
	BluefloodForward bluefloodForwardCommand `cmd:"" help:"Run in the place of twistd's blueflood-forward, with its switches."`
	Version          versionCommand          `cmd:"" help:"Print the version."`
	Man              manCommand              `cmd:"" hidden:"" help:"Print a manual page, in mdoc."`
	Completion       completionCommand       `cmd:"" hidden:"" help:"Print the completions of a shell."`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// streams are the process's, handed to each command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program: it parses args and runs their command.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	var cli commandLine
	helped := false
	parser, err := kong.New(&cli,
		kong.Name("plumbago"),
		kong.Description("The metrics gateway for Graphite: takes points in, keeps them on disk until they are delivered, and loses nothing silently."),
		kong.UsageOnError(),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(streams{stdin, stdout, stderr}),
		kong.Vars{"carbon_instance": carbonconf.DefaultInstance, "version": "plumbago " + version},
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if helped {
		return nil
	}
	if err != nil {
		return usageError{fmt.Errorf("%w (plumbago --help lists the commands)", err)}
	}
	return command.Run()
}

// usageError marks an error as the command line's or a file's: exit status 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errTold is an error whose story was told already.
var errTold = errors.New("")

// exitStatus says err on w and turns it into the process's status: 0 fine, 1 the
// operation did not succeed, 2 the command line or a file is wrong.
func exitStatus(err error, w io.Writer) int {
	if err == nil {
		return 0
	}
	if !errors.Is(err, errTold) {
		fmt.Fprintf(w, "plumbago: %v\n", err)
	}
	if usage := new(usageError); errors.As(err, usage) {
		return 2
	}
	return 1
}

type versionCommand struct{}

func (versionCommand) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "plumbago", version)
	return err
}
