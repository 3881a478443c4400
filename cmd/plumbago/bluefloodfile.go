package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/config/carbonconf"
	"github.com/plumbago/plumbago/internal/nearest"
)

// readFile takes the settings of the file up, which count more than switches.
func (c *bluefloodForwardCommand) readFile() error {
	if c.Config == "" {
		return nil
	}
	options, err := carbonconf.ReadSection(c.Config, forwarderSection)
	if err != nil {
		return err
	}
	var errs []error
	for _, o := range options {
		if err := c.take(o); err != nil {
			errs = append(errs, fmt.Errorf("%s:%d: %s: %w", c.Config, o.Line, o.Name, err))
		}
	}
	return errors.Join(errs...)
}

// take sets what one option of the file says.
func (c *bluefloodForwardCommand) take(o carbonconf.Option) (err error) {
	texts := map[string]*string{
		"endpoint": &c.Endpoint, "blueflood": &c.Blueflood, "tenant": &c.Tenant,
		"metric_prefix": &c.MetricPrefix, "prefix": &c.MetricPrefix,
		"user": &c.User, "key": &c.Key, "auth_url": &c.AuthURL,
		"protocol": &c.Protocol, "overwrite_collection_timestamp": &c.OverwriteCollectionTimestamp,
	}
	if to, ok := texts[o.Name]; ok {
		*to = o.Value
		return nil
	}
	switch o.Name {
	case "interval":
		c.Interval, err = strconv.ParseFloat(o.Value, 64)
	case "ttl":
		c.TTL, err = strconv.ParseInt(o.Value, 10, 64)
	case "limit":
		c.Limit, err = strconv.ParseInt(o.Value, 10, 64)
	default:
		return unknownOption(o.Name, texts)
	}
	if err != nil {
		return fmt.Errorf("want a number, got %q", o.Value)
	}
	return nil
}

func unknownOption(name string, texts map[string]*string) error {
	known := []string{"interval", "ttl", "limit"}
	for key := range texts {
		known = append(known, key)
	}
	if n := nearest.Word(name, known); n != "" {
		return fmt.Errorf("there is no such setting; did you mean %q?", n)
	}
	return errors.New("there is no such setting; leave it out")
}

// pythonBool reads what the old tool's users write for true and false.
func pythonBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off", "":
		return false, nil
	}
	return false, fmt.Errorf("want True or False, got %q", text)
}
