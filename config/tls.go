package config

// ServerTLS says how TLS clients of a listener are answered. The zero value is no
// TLS at all.
type ServerTLS struct {
	// Cert is a file in PEM: the certificate, and behind it those that lead to its
	// authority. It is read again when it changes, as are the others.
	Cert string `yaml:"cert" like:"/etc/plumbago/edge.crt" need:"yes"`

	// Key is a file in PEM: the certificate's private key.
	Key string `yaml:"key" like:"/etc/plumbago/edge.key" need:"yes"`

	// ClientCA is a file in PEM: the authorities whose certificates clients may show.
	// Without it clients are not asked for one.
	ClientCA string `yaml:"client_ca" like:"/etc/plumbago/clients.crt"`

	// ClientAuth is require or request, which lets in clients without a certificate
	// too. Default require. With client_ca.
	ClientAuth string `yaml:"client_auth" like:"require" one:"require request"`

	// MinVersion is the oldest version of TLS that is spoken: 1.2 or 1.3. Default 1.2.
	MinVersion Version `yaml:"min_version" like:"1.2" one:"1.2 1.3"`
}

// ClientTLS says how a TLS server is spoken to. The zero value trusts the
// authorities that the system trusts, and shows no certificate.
type ClientTLS struct {
	// CA is a file in PEM, or a folder of such files: the authorities to trust,
	// instead of the system's.
	CA string `yaml:"ca" like:"/etc/plumbago/ca.crt"`

	// ServerName is the name or IP address that the server's certificate must hold.
	// Default: the address's host.
	ServerName string `yaml:"server_name" like:"carbon.example.net"`

	// Cert is a file in PEM: the certificate that is shown to a server that asks for
	// one, and behind it those that lead to its authority.
	Cert string `yaml:"cert" like:"/etc/plumbago/client.crt"`

	// Key is a file in PEM: the certificate's private key.
	Key string `yaml:"key" like:"/etc/plumbago/client.key"`

	// MinVersion is the oldest version of TLS that is spoken: 1.2 or 1.3. Default 1.2.
	MinVersion Version `yaml:"min_version" like:"1.2" one:"1.2 1.3"`

	// InsecureSkipVerify takes any certificate: whoever can get between can read and
	// change everything. It is warned of at every start.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify" like:"true"`
}

// Version is a version of TLS: 1.2 or 1.3.
type Version string

func (d *decoder) checkServerTLS(path string) {
	d.checkNeeds(path, "client_auth", "client_ca", "/etc/plumbago/clients.crt")
}

func (d *decoder) checkClientTLS(path string) {
	d.checkNeeds(path, "cert", "key", "/etc/plumbago/client.key")
	d.checkNeeds(path, "key", "cert", "/etc/plumbago/client.crt")
}
