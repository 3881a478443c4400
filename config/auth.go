package config

import "time"

// Auth is a login at Keystone: with an API key or a password for a user, or with an
// application credential.
type Auth struct {
	// URL is the identity service's: https://host, with /v2.0 or /v3 behind it or not.
	URL string `yaml:"url" like:"https://identity.example.net/v3" need:"yes"`

	// Version is 2.0 or 3. By default it is that of the URL, or else 2.0 for a key, and
	// 3 for anything else.
	Version Version `yaml:"version" like:"3" one:"2.0 3"`

	// User is the name of the user.
	User string `yaml:"user" like:"metrics"`

	// Key is the user's API key, of Rackspace's extension to version 2.0. It is never
	// shown.
	Key Secret `yaml:"key" like:"${env:API_KEY}"`

	// Password is the user's password. It is never shown.
	Password Secret `yaml:"password" like:"${file:/etc/plumbago/password}"`

	// Project is the name of the project that the token is for. By default none. For
	// version 3.
	Project string `yaml:"project" like:"metrics"`

	// Domain is the name of the user's and the project's domain. By default the default
	// domain. For version 3.
	Domain string `yaml:"domain" like:"Default"`

	// ApplicationCredential proves who asks, instead of a user's key or password. For
	// version 3.
	ApplicationCredential ApplicationCredential `yaml:"application_credential"`
}

// ApplicationCredential is one of Keystone's.
type ApplicationCredential struct {
	// ID names it.
	ID string `yaml:"id" like:"8092a3e1" need:"yes"`

	// Secret proves it. It is never shown.
	Secret Secret `yaml:"secret" like:"${env:CREDENTIAL_SECRET}" need:"yes"`
}

// checkAuth notes a login with no proof, or with more than one.
func (d *decoder) checkAuth(path string, a Auth) {
	s, ok := d.spots[path]
	if !ok {
		return
	}
	proofs := 0
	for _, key := range []string{".key", ".password", ".application_credential"} {
		if d.given[path+key] {
			proofs++
		}
	}
	if proofs != 1 {
		d.problem(s, "auth: want one of key, password and application_credential, got %d of them", proofs)
		return
	}
	if d.given[path+".user"] == d.given[path+".application_credential"] {
		d.problem(s, "auth: a key or password needs its user, and an application credential has one: give user with the former only")
	}
}

// standardRequests is how long points are gathered for a request, and how large it
// gets, where the file says nothing.
func (d *Destination) standardRequests() (interval time.Duration, batch Size) {
	switch {
	case d.Type == "slack":
		return 10 * time.Second, 0
	case d.Type == "whisper":
		return time.Minute, 0
	case d.Type == "nats":
		return 200 * time.Millisecond, 128 << 10
	case !isWeb(schemeOf(d.Address)):
		return 0, 0
	case d.Type == "blueflood":
		return 30 * time.Second, 900 << 10
	}
	return 500 * time.Millisecond, 512 << 10
}

// completeRequests sets what requests are like where the file says nothing.
func (d *decoder) completeRequests(path string, dest *Destination) {
	if s, ok := d.spots[path+".batch"]; ok && dest.Type == "blueflood" && dest.Batch > 1<<20 {
		d.problem(s, "batch: want 1MiB or less for type blueflood, got %s: it gives no answer to larger requests", s.show())
	}
	interval, batch := dest.standardRequests()
	if !d.given[path+".interval"] {
		dest.Interval = interval
	}
	if !d.given[path+".batch"] {
		dest.Batch = batch
	}
}
