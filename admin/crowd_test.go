package admin_test

import (
	"fmt"

	"github.com/plumbago/plumbago/relay"
)

// crowd is a gateway of forty receivers, rules and destinations, two of which are down.
type crowd struct{ *flow }

// Status implements admin.Gateway.
func (c crowd) Status() relay.Status {
	one := c.flow.Status()
	all := one
	all.Listeners, all.Rules, all.Destinations = nil, nil, nil
	for i := range 40 {
		l := one.Listeners[i%3]
		l.Name = fmt.Sprintf("line+tcp://0.0.0.0:%d", 2003+i)
		l.Points /= uint64(i + 1)
		all.Listeners = append(all.Listeners, l)
		d := one.Destinations[1]
		if i == 17 || i == 33 {
			d = one.Destinations[0]
		}
		d.Name = fmt.Sprintf("store-%d", i)
		d.Queue.Appended /= uint64(i%7 + 1)
		all.Destinations = append(all.Destinations, d)
		all.Rules = append(all.Rules, relay.RuleStatus{
			Match: fmt.Sprintf(`^servers\.dc%d\.`, i), To: []string{d.Name, fmt.Sprintf("store-%d", i*7%40)}, Continue: i%3 == 0,
		})
	}
	return all
}
