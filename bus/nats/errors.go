package nats

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/internal/secret"
)

// Codes of JetStream's errors that the library does not name.
const (
	codeNoLeader     = 10008 // the system is not available for the moment
	codeNoResources  = 10023
	codeNoStorage    = 10047
	codeNoMemory     = 10028
	codeStoreFailed  = 10077 // the stream is full, and refuses
	codeNoPeers      = 10005 // for so many replicas
	codeNoCluster    = 10074 // more than one replica without a cluster
	codeTooManyTaken = 10099 // more than one consumer without a filter on a work queue
	codeOverlap      = 10100 // of consumers on a work queue
)

// explain says in a sentence for people what went wrong, marked for the worker, and
// without a secret. explain(nil) is nil.
func (b *Bus) explain(err error) error {
	if err == nil {
		return nil
	}
	said, lasting := b.inWords(err)
	said = hidden{secret.Of(b.Login.Token, b.Login.Password).Hide(said.Error()), err}
	if lasting {
		return deliver.Misconfigured(said)
	}
	return said
}

// inWords returns what err means, and whether only a person can cure it.
func (b *Bus) inWords(err error) (error, bool) {
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("the server does not accept the login: %w", err), true
	case errors.Is(err, nats.ErrPermissionViolation):
		return fmt.Errorf("the login may not do this: %w", err), true
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission), errors.Is(err, nats.ErrNkeysNotSupported):
		return err, true
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled):
		return errors.New("JetStream is not enabled on the server"), false
	case errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return errors.New("JetStream is not enabled for the account of this login"), false
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fmt.Errorf("there is no stream %s; make it, or say create: true", b.Stream.Name), false
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("nobody answers: JetStream is not enabled, or stream %s has no leader just now, or does not take %s", b.Stream.Name, b.all()), false
	case errors.Is(err, jetstream.ErrAsyncPublishTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer from %s in time; does stream %s have a leader?", hostsOf(b.Servers), b.Stream.Name), false
	case errors.Is(err, jetstream.ErrConnectionClosed), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected):
		return errors.New("the connection is lost"), false
	}
	return b.codeInWords(err), false
}

// codeInWords returns what an answer of JetStream's means.
func (b *Bus) codeInWords(err error) error {
	var answer *jetstream.APIError
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.ErrorCode {
	case codeNoLeader:
		return errors.New("JetStream has no leader just now")
	case codeStoreFailed:
		return fmt.Errorf("stream %s does not take more: %s", b.Stream.Name, answer.Description)
	case codeNoResources, codeNoStorage, codeNoMemory:
		return fmt.Errorf("JetStream is out of space: %s", answer.Description)
	case codeNoPeers, codeNoCluster:
		return fmt.Errorf("stream %s cannot have %d replicas there: %s", b.Stream.Name, b.Stream.Replicas, answer.Description)
	case codeTooManyTaken, codeOverlap:
		return fmt.Errorf("other receivers take the same partitions of stream %s: %s", b.Stream.Name, answer.Description)
	}
	return err
}

// hidden is an error whose text holds no secret. What it was is there for errors.Is
// alone.
type hidden struct {
	text string
	was  error
}

func (h hidden) Error() string        { return h.text }
func (h hidden) Is(target error) bool { return errors.Is(h.was, target) }

// withoutText drops the text of an error about a file of secrets, which may hold some,
// unless it is the operating system's.
func withoutText(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p
	}
	return errors.New("the file holds no seed of an NKey")
}
