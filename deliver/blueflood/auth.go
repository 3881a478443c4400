package blueflood

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/plumbago/plumbago/internal/certs"
)

// Auth is a login at Keystone, or at a service that speaks like it. One of Key,
// Password and the application credential proves it. None of those, nor a token,
// appears in an error or log.
type Auth struct {
	// URL is the identity service's, with or without /v2.0, /v2.0/tokens or /v3.
	URL string

	// Version is "2.0" or "3". Unless given it is that of the URL, or else 2.0 for
	// a Key, which version 3 does not know, and 3 for anything else.
	Version string

	User     string
	Key      string // an API key, of Rackspace's extension to version 2.0
	Password string

	Project string // version 3: whose the token is to be, by name; none if ""
	Domain  string // version 3: of the user and project, by name; the default domain if ""

	ApplicationCredentialID, ApplicationCredentialSecret string // version 3

	TLS certs.Client // of https; that of the destination, but for the name in the certificate, if it is zero
}

const (
	version2 = "2.0"
	version3 = "3"
)

// check returns a with its version and the URL of that.
func (a Auth) check() (Auth, error) {
	u, err := url.Parse(a.URL)
	switch {
	case err != nil:
		return a, errors.New("auth: url: this is no URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return a, errors.New("auth: url: write http://host or https://host, with a path if there is one")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return a, errors.New("auth: url: a name, password or query is no part of it")
	}
	path := strings.TrimRight(u.Path, "/")
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/tokens"), "/auth")
	root, found := path, ""
	for suffix, version := range map[string]string{"/v2.0": version2, "/v3": version3} {
		if strings.HasSuffix(path, suffix) {
			root, found = strings.TrimSuffix(path, suffix), version
		}
	}
	if a.Version == "" {
		a.Version = a.guess(found)
	}
	u.Path = root + "/v" + a.Version
	a.URL = u.String()
	return a, a.checkProof(found)
}

func (a Auth) guess(found string) string {
	switch {
	case found != "":
		return found
	case a.Key != "":
		return version2
	}
	return version3
}

// checkProof checks that the login fits the version; found is that of the URL.
func (a Auth) checkProof(found string) error {
	proofs := 0
	for _, proof := range []string{a.Key, a.Password, a.ApplicationCredentialSecret} {
		if proof != "" {
			proofs++
		}
	}
	app := a.ApplicationCredentialID != "" || a.ApplicationCredentialSecret != ""
	switch {
	case a.Version != version2 && a.Version != version3:
		return fmt.Errorf("auth: version %q: it is 2.0 or 3", a.Version)
	case found != "" && found != a.Version:
		return fmt.Errorf("auth: version %s, but the url is one of version %s", a.Version, found)
	case proofs != 1:
		return errors.New("auth: one of key, password and application_credential is needed, and only one")
	case app && (a.ApplicationCredentialID == "" || a.ApplicationCredentialSecret == ""):
		return errors.New("auth: application_credential: it has an id and a secret")
	case app && (a.User != "" || a.Project != "" || a.Domain != ""):
		return errors.New("auth: application_credential: it knows its user and project, they cannot be given")
	case !app && a.User == "":
		return errors.New("auth: user: a key or password is somebody's")
	case a.Version == version2 && app:
		return errors.New("auth: application_credential: version 2.0 has none")
	case a.Version == version2 && (a.Project != "" || a.Domain != ""):
		return errors.New("auth: project, domain: version 2.0 has none")
	case a.Version == version3 && a.Key != "":
		return errors.New("auth: key: version 3 has none")
	}
	return nil
}

// secrets lists what must not be shown.
func (a Auth) secrets() []string {
	return []string{a.Key, a.Password, a.ApplicationCredentialSecret}
}
