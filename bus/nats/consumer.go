package nats

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// wantedConsumers are those that the receiver takes messages from, as they are made.
func (o ReceiverOptions) wantedConsumers() (list []jetstream.ConsumerConfig) {
	c := jetstream.ConsumerConfig{
		Durable: o.Consumer, FilterSubject: o.all(), AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: o.AckWait, MaxDeliver: -1, MaxAckPending: mostPendingShared,
	}
	if o.MaxDeliver > 0 {
		c.MaxDeliver = o.MaxDeliver
	}
	if len(o.Shares) == 0 {
		return []jetstream.ConsumerConfig{c}
	}
	for _, p := range o.Shares {
		one := c
		one.MaxAckPending = mostPending
		one.Durable, one.FilterSubject = fmt.Sprintf("%s-p%d", o.Consumer, p), o.share(p)
		list = append(list, one)
	}
	return list
}

// These bound the messages of a consumer that wait to be acknowledged, by all receivers
// together: of one with all partitions, and of one with one.
const (
	mostPendingShared = 1024
	mostPending       = 64
)

// atOnce is how many consumers are looked up at once.
const atOnce = 8

// consumers finds the consumers, and makes those that are missing. None is shared by
// partitions: whichever worker takes a partition goes on where the one before it was.
func (r *Receiver) consumers(ctx context.Context, l *link) ([]jetstream.Consumer, error) {
	stream, err := l.stream(ctx)
	if err != nil {
		return nil, err
	}
	wanted := r.o.wantedConsumers()
	list, errs := make([]jetstream.Consumer, len(wanted)), make([]error, len(wanted))
	var looking sync.WaitGroup
	places := make(chan struct{}, atOnce)
	for i, c := range wanted {
		places <- struct{}{}
		looking.Go(func() {
			list[i], errs[i] = r.consumer(ctx, stream, c)
			<-places
		})
	}
	looking.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, r.o.explain(err)
		}
	}
	return list, nil
}

func (r *Receiver) consumer(ctx context.Context, stream jetstream.Stream, wanted jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	c, err := stream.Consumer(ctx, wanted.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		c, err = stream.CreateConsumer(ctx, wanted)
		if errors.Is(err, jetstream.ErrConsumerExists) { // another was quicker
			c, err = stream.Consumer(ctx, wanted.Durable)
		}
	}
	if err != nil {
		return nil, err
	}
	if have := c.CachedInfo().Config; have.FilterSubject != wanted.FilterSubject || have.AckPolicy != wanted.AckPolicy {
		return nil, fmt.Errorf("consumer %s is there and takes %q with %v acknowledgements, not %q with explicit ones", wanted.Durable, have.FilterSubject, have.AckPolicy, wanted.FilterSubject)
	}
	return c, nil
}

// differencesOf says where a consumer that is there is another than the configuration
// says.
func differencesOf(have, want jetstream.ConsumerConfig) (list []string) {
	for _, d := range []struct {
		what       string
		have, want any
	}{
		{"filter", have.FilterSubject, want.FilterSubject},
		{"acknowledgements", have.AckPolicy, want.AckPolicy},
		{"ack_wait", have.AckWait, want.AckWait},
		{"max_deliver", have.MaxDeliver, want.MaxDeliver},
	} {
		if d.have != d.want {
			list = append(list, fmt.Sprintf("consumer %s: %s: it is %v there, and %v in the configuration", want.Durable, d.what, d.have, d.want))
		}
	}
	return list
}
