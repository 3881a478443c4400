package nats

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Check implements deliver.Checker: it compares the stream that is there with the
// configuration. It makes and changes nothing.
func (s *Sender) Check(ctx context.Context) (differences []string, err error) {
	_, done, differences, err := s.o.look(ctx)
	if err == nil {
		done()
	}
	return differences, err
}

// Check compares the stream and the consumers that are there with the configuration.
// It makes and changes nothing.
func (r *Receiver) Check(ctx context.Context) (differences []string, err error) {
	stream, done, differences, err := r.o.look(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if stream == nil {
		return differences, nil
	}
	for _, want := range r.o.wantedConsumers() {
		c, err := stream.Consumer(ctx, want.Durable)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			differences = append(differences, fmt.Sprintf("consumer %s is not there: it is made at the start", want.Durable))
		case err != nil:
			return differences, r.o.explain(err)
		default:
			differences = append(differences, differencesOf(c.CachedInfo().Config, want)...)
		}
	}
	return differences, nil
}

// look finds the stream, nil if it is missing and to be made, and what is different
// about it. done ends the connection.
func (b *Bus) look(ctx context.Context) (stream jetstream.Stream, done func(), differences []string, err error) {
	l, err := b.connect(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	stream, err = l.js.Stream(ctx, b.Stream.Name)
	if b.Stream.Create && errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, l.close, []string{fmt.Sprintf("stream %s is not there: it is made at the start", b.Stream.Name)}, nil
	}
	if err != nil {
		l.close()
		return nil, nil, nil, b.explain(err)
	}
	have := stream.CachedInfo().Config
	if b.Stream.Create {
		return stream, l.close, b.differences(have), nil
	}
	if !takes(have.Subjects, b.all()) {
		differences = append(differences, fmt.Sprintf("stream %s: subjects: it takes %v there, and not %s", b.Stream.Name, have.Subjects, b.all()))
	}
	return stream, l.close, differences, nil
}
