package admin

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
	"github.com/plumbago/plumbago/tenant"
)

// status answers with the gateway's state, as docs/status.md describes it.
func status(g Gateway) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		secure(w.Header())
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(newStatusJSON(g.Status(), time.Now())) // who went away needs no answer
	}
}

// statusJSON is relay.Status as it is shown. Its names are promised to those who
// read them by program.
type statusJSON struct {
	Time         unix              `json:"time"`
	Started      unix              `json:"started,omitzero"`
	Accepting    bool              `json:"accepting"`
	Received     uint64            `json:"received"`
	Dropped      counts            `json:"dropped"`
	Receivers    []receiverJSON    `json:"receivers"`
	Rules        []ruleJSON        `json:"rules"`
	Pools        []poolJSON        `json:"pools"`
	Destinations []destinationJSON `json:"destinations"`
	Tenants      []tenantJSON      `json:"tenants"`
}

// counts is how many, by reason.
type counts map[metric.Reason]uint64

type receiverJSON struct {
	Name        string       `json:"name"`
	Address     string       `json:"address"`
	Source      bool         `json:"source"`
	Connections int          `json:"connections"`
	Accepted    uint64       `json:"accepted"`
	Points      uint64       `json:"points"`
	Bytes       uint64       `json:"bytes"`
	Refused     uint64       `json:"refused"`
	Rejected    counts       `json:"rejected"`
	Samples     []sampleJSON `json:"samples"`
}

type sampleJSON struct {
	Reason metric.Reason `json:"reason"`
	Time   unix          `json:"time"`
	Peer   string        `json:"peer"`
	Text   string        `json:"text"`
}

type ruleJSON struct {
	Rule     int      `json:"rule"` // counted from 1
	Label    string   `json:"label"`
	Match    string   `json:"match"`
	Tenants  []string `json:"tenants"`
	To       []string `json:"to"`
	By       string   `json:"by"`
	Continue bool     `json:"continue"`
}

type poolJSON struct {
	Name    string   `json:"name"`
	Members []string `json:"members"`
}

type destinationJSON struct {
	Name      string `json:"name"`
	Address   string `json:"address"`
	Kind      string `json:"kind"`
	Removed   bool   `json:"removed"`
	Connected bool   `json:"connected"`
	Since     unix   `json:"since,omitzero"`
	LastError string `json:"last_error"`
	FailedAt  unix   `json:"failed_at,omitzero"`
	RetryAt   unix   `json:"retry_at,omitzero"`
	Failures  int    `json:"failures"`

	Recovered  uint64 `json:"recovered"`
	Appended   uint64 `json:"appended"`
	Delivered  uint64 `json:"delivered"`
	Waiting    uint64 `json:"waiting"`
	Confirming uint64 `json:"confirming"`
	Backlog    uint64 `json:"backlog"`
	Dropped    counts `json:"dropped"`
	Bytes      int64  `json:"bytes"`
	MaxBytes   int64  `json:"max_bytes,omitzero"`
	Oldest     unix   `json:"oldest,omitzero"`
	DiskError  string `json:"disk_error"`
}

type tenantJSON struct {
	Name    string            `json:"name"`
	Points  map[string]uint64 `json:"points"` // by protocol
	Dropped counts            `json:"dropped"`
	Live    int               `json:"live_metrics"`
	Limits  limitsJSON        `json:"limits"`
}

type limitsJSON struct {
	PointsPerSecond float64 `json:"points_per_second,omitzero"`
	LiveMetrics     int     `json:"live_metrics,omitzero"`
	DryRun          bool    `json:"dry_run,omitzero"`
}

// unix is a time in Unix seconds, to the millisecond; 0 is none.
type unix float64

func unixOf(t time.Time) unix {
	if t.IsZero() {
		return 0
	}
	return unix(float64(t.UnixMilli()) / 1000)
}

func newStatusJSON(s relay.Status, now time.Time) statusJSON {
	return statusJSON{
		Time: unixOf(now), Started: unixOf(s.Opened), Accepting: s.Accepting,
		Received: s.Received, Dropped: some(s.Dropped),
		Receivers: each(s.Listeners, newReceiverJSON), Rules: rulesJSON(s.Rules),
		Pools:        each(s.Pools, func(p route.Pool) poolJSON { return poolJSON(p) }),
		Destinations: each(s.Destinations, newDestinationJSON), Tenants: each(s.Tenants, newTenantJSON),
	}
}

// each makes a list that is one even if it is empty.
func each[A, B any](from []A, one func(A) B) []B {
	list := make([]B, len(from))
	for i, a := range from {
		list[i] = one(a)
	}
	return list
}

// some leaves out what did not happen.
func some(all map[metric.Reason]uint64) counts {
	c := counts{}
	for reason, n := range all {
		if n > 0 {
			c[reason] = n
		}
	}
	return c
}

func newReceiverJSON(l relay.ListenerStatus) receiverJSON {
	return receiverJSON{
		Name: l.Name, Address: l.Address, Source: l.Source, Connections: l.Connections, Accepted: l.Accepted,
		Points: l.Points, Bytes: l.Bytes, Refused: l.Refused, Rejected: some(l.Rejected),
		Samples: each(l.Samples, func(s receive.Sample) sampleJSON {
			return sampleJSON{s.Reason, unixOf(s.At), s.Peer, s.Text}
		}),
	}
}

func rulesJSON(rules []relay.RuleStatus) []ruleJSON {
	list := make([]ruleJSON, len(rules))
	for i, r := range rules {
		list[i] = ruleJSON{i + 1, r.Label, r.Match, append([]string{}, r.Tenants...), append([]string{}, r.To...), r.By, r.Continue}
	}
	return list
}

func newDestinationJSON(d relay.DestinationStatus) destinationJSON {
	q, w := d.Queue, d.Worker
	j := destinationJSON{
		Name: d.Name, Address: d.Address, Kind: d.Kind, Removed: d.Removed,
		Connected: w.Connected, Since: unixOf(w.Since), LastError: w.LastError, FailedAt: unixOf(w.FailedAt),
		RetryAt: unixOf(w.RetryAt), Failures: w.Failures,
		Recovered: q.Recovered, Appended: q.Appended, Delivered: q.Delivered, Waiting: q.Waiting,
		Confirming: q.Confirming, Backlog: q.Backlog, Dropped: some(q.Dropped),
		Bytes: q.Bytes, MaxBytes: d.MaxBytes, Oldest: unixOf(q.Oldest),
	}
	if q.Failing != nil {
		j.DiskError = q.Failing.Error()
	}
	return j
}

func newTenantJSON(s tenant.Status) tenantJSON {
	points := map[string]uint64{}
	for protocol, n := range s.Points {
		points[protocol] = n
	}
	return tenantJSON{
		Name: s.Name, Points: points, Dropped: some(s.Dropped), Live: s.Live,
		Limits: limitsJSON{s.Limits.PointsPerSecond, s.Limits.LiveMetrics, s.Limits.DryRun},
	}
}
