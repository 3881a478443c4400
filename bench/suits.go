package main

// doors are the fields of place for the ways in, and exits for the ways out: what
// a peer must speak of to take part.
var (
	doors = map[string]string{"line": "LineIn", "pickle": "PickleIn", "tls": "TLSIn", "http": "HTTPIn", "udp": "UDPIn"}
	exits = map[string]string{"line": "Out", "pickle": "Protocol", "tls": "CA", "files": "Whisper"}
)

// noTenants is plumbago that knows of no tenants. It is sent names as plumbago
// sends them on, so that the difference is what finding and changing them costs.
const noTenants = "no-tenants"

// tunnel is carbon-c-relay where something else speaks TLS for it.
const tunnel = "stunnel"

// suits says whether a peer can take part. The floor recovers from nothing, sends
// all to one destination whatever its name, and takes datagrams from nobody.
func (s scenario) suits(p peer) bool {
	switch p.name {
	case floorRole:
		return len(s.faults) == 0 && !s.tenant && s.in == "line" && s.out == "line"
	case noTenants:
		return s.tenant && p.says(doors[s.in])
	case tunnel:
		if s.in != "tls" && s.out != "tls" {
			return false
		}
	}
	if s.tenant && !p.says("Key") || s.ring > 0 && !p.says("Ring") || len(s.rules) > 0 && !p.says("Rules") {
		return false
	}
	return p.says(doors[s.in]) && p.says(exits[s.out]) && s.within(p.pace).points >= min(s.points, s.series)
}

// paceTime is for how long a peer with a pace is given points that are to go as
// fast as it can.
const paceTime = 10 // seconds

// within is the scenario for a peer that is known to bear no more than pace points
// a second: as long with fewer points, or short. 0 bears all.
func (s scenario) within(pace int) scenario {
	switch {
	case pace == 0:
	case s.rate > pace:
		s.points = int(float64(s.points) * float64(pace) / float64(s.rate))
		s.rate = pace
	case s.rate == 0:
		s.points = min(s.points, pace*paceTime)
	}
	return s
}
