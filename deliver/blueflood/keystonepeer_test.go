package blueflood_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// python is Debian's, for which python3-keystone is.
const python = "/usr/bin/python3"

// keystone is a real one, on SQLite, with the user admin and the project admin.
type keystone struct {
	t   *testing.T
	url string
}

// serveKeystone runs Keystone's application until its standard input ends, one
// request at a time: SQLite locks out a second writer.
const serveKeystone = `
import os, sys, threading
from wsgiref import simple_server
sys.argv = ["keystone"]
from keystone.server import wsgi
application = wsgi.initialize_public_application()

class Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass

server = simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)
print("port", server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
`

// startKeystone makes a Keystone whose tokens live so long.
func startKeystone(t *testing.T, life time.Duration) *keystone {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import keystone").CombinedOutput(); err != nil {
		t.Fatalf("these tests talk to Debian's Keystone; run e2e/install-peers.sh, or go test -short: %v\n%s", err, out)
	}
	dir := t.TempDir()
	configureKeystone(t, dir, life)
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, python, "-c", serveKeystone)
	cmd.Env = append(os.Environ(), "OS_KEYSTONE_CONFIG_DIR="+dir)
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); stop(); cmd.Wait() })
	port := 0
	if _, err := fmt.Fscanf(stdout, "port %d\n", &port); err != nil {
		t.Fatalf("Keystone does not start: %v\n%s", err, errs.String())
	}
	go io.Copy(io.Discard, stdout)
	return &keystone{t, "http://" + net.JoinHostPort("127.0.0.1", fmt.Sprint(port))}
}

// configureKeystone writes a configuration and a database to dir.
func configureKeystone(t *testing.T, dir string, life time.Duration) {
	t.Helper()
	config := filepath.Join(dir, "keystone.conf")
	text := fmt.Sprintf(`[DEFAULT]
log_file = %[1]s/keystone.log
[database]
connection = sqlite:///%[1]s/ks.db
[token]
provider = fernet
expiration = %[2]d
[fernet_tokens]
key_repository = %[1]s/fernet
[fernet_receipts]
key_repository = %[1]s/receipts
[credential]
key_repository = %[1]s/credential
[identity]
password_hash_rounds = 4
[cache]
enabled = false
`, dir, int(life.Seconds()))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	manage(t, config, "db_sync")
	manage(t, config, "fernet_setup", "--keystone-user", me.Username, "--keystone-group", group.Name)
	manage(t, config, "bootstrap", "--bootstrap-password", secret, "--bootstrap-public-url", "http://127.0.0.1:5000/v3/", "--bootstrap-region-id", "RegionOne")
}

func manage(t *testing.T, config string, args ...string) {
	t.Helper()
	out, err := exec.Command(python, append([]string{"/usr/bin/keystone-manage", "--config-file", config}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("keystone-manage %s: %v\n%s", args[0], err, out)
	}
}

// call makes a request and returns its status, headers and body.
func (k *keystone) call(method, path, body string, header ...string) (int, http.Header, []byte) {
	r, err := http.NewRequest(method, k.url+path, strings.NewReader(body))
	if err != nil {
		k.t.Error(err)
		return 0, nil, nil
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		k.t.Error(err)
		return 0, nil, nil
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, text
}

// isGood asks Keystone whether a token is good; a token may ask about itself.
func (k *keystone) isGood(token string) bool {
	status, _, _ := k.call("GET", "/v3/auth/tokens", "", "X-Auth-Token", token, "X-Subject-Token", token)
	return status == http.StatusOK
}

// addApplicationCredential makes one for admin.
func (k *keystone) addApplicationCredential() (id, proof string) {
	k.t.Helper()
	login := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin","domain":{"id":"default"},"password":%q}}},
		"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`, secret)
	_, header, body := k.call("POST", "/v3/auth/tokens", login)
	var token struct {
		Token struct{ User struct{ ID string } }
	}
	if err := json.Unmarshal(body, &token); err != nil || token.Token.User.ID == "" {
		k.t.Fatalf("log in as admin: %v, %s", err, body)
	}
	status, _, body := k.call("POST", "/v3/users/"+token.Token.User.ID+"/application_credentials",
		`{"application_credential":{"name":"gateway"}}`, "X-Auth-Token", header.Get("X-Subject-Token"))
	var made struct {
		Credential struct{ ID, Secret string } `json:"application_credential"`
	}
	if err := json.Unmarshal(body, &made); err != nil || made.Credential.Secret == "" {
		k.t.Fatalf("application credential: %d, %s", status, body)
	}
	return made.Credential.ID, made.Credential.Secret
}
