package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/tenant"
)

// describeTenants says who the tenants are, and what becomes of points that are
// nobody's.
func describeTenants(w io.Writer, o relay.Options) {
	for _, t := range o.Tenants.Tenants {
		fmt.Fprintf(w, "tenant\t%s\t%s\t%s\n", t.Name, identified(t, o.Receivers), calledAs(t))
		if bounds := bounds(t.Limits); bounds != "" {
			fmt.Fprintf(w, "tenant\t%s\t%s\t%s\n", t.Name, limitsOf(t.Limits), bounds)
		}
	}
	if len(o.Tenants.Tenants) > 0 {
		fmt.Fprintf(w, "tenant\t(nobody)\tknown by nothing\t%s\n", nobodys(o))
	}
}

// circumstances says what the address of a receiver does not show.
func circumstances(r receive.Options) (text string) {
	if r.Tenant != "" {
		text += " for " + r.Tenant
	}
	if len(r.ProxyFrom) > 0 {
		text += " behind proxies"
	}
	switch {
	case r.TLS.ClientCA == "":
	case r.TLS.ClientAuth == "request":
		text += ", asking for certificates"
	default:
		text += ", with certificates only"
	}
	return text
}

// identified says by what a tenant's points are known.
func identified(t tenant.Tenant, doors []receive.Options) string {
	var by []string
	if n := len(t.Keys); n > 0 {
		by = append(by, plural(n, "key"))
	}
	if n := len(t.Allow); n > 0 {
		by = append(by, plural(n, "range")+" of addresses")
	}
	if n := len(t.Certificates); n > 0 {
		by = append(by, plural(n, "name")+" in certificates")
	}
	if slices.ContainsFunc(doors, func(r receive.Options) bool { return r.Tenant == t.Name }) {
		by = append(by, "a listener")
	}
	return "known by " + strings.Join(by, ", ")
}

// calledAs says what a tenant's points are called.
func calledAs(t tenant.Tenant) string {
	switch t.As {
	case tenant.Plain:
		return "named as they come"
	case tenant.Tag:
		return "named with the tag tenant=" + t.Name
	}
	return "named " + t.Name + ".…"
}

func limitsOf(l tenant.Limits) string {
	if l.DryRun {
		return "limits, only counted"
	}
	return "limits"
}

// bounds lists a tenant's limits; "" if it has none.
func bounds(l tenant.Limits) string {
	var list []string
	for _, b := range []struct {
		set  bool
		text string
	}{
		{l.PointsPerSecond > 0, decimal(l.PointsPerSecond) + " points/s"},
		{l.LiveMetrics > 0, plural(l.LiveMetrics, "live metric")},
		{l.PerMetric > 0, decimal(l.PerMetric) + " points/s a metric"},
		{l.MaxLine > 0, "lines of " + config.Size(l.MaxLine).String()},
		{l.MaxTags > 0, plural(l.MaxTags, "tag")},
	} {
		if b.set {
			list = append(list, b.text)
		}
	}
	return strings.Join(list, ", ")
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// nobodys says what becomes of points that are no tenant's.
func nobodys(o relay.Options) string {
	switch o.Tenants.Unknown {
	case tenant.Quarantine:
		return "to " + o.Quarantine + ", in quarantine"
	case tenant.Reject:
		return "dropped, and the connection closed or the request refused"
	}
	return "dropped"
}
