package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// pythonClients are a hosted service's examples for its customers: as they stand, or
// in Python 3's spelling where they were for Python 2. Each sends one point.
var pythonClients = []struct{ name, program, metric, value string }{
	{"TCP", `
import socket
conn = socket.create_connection(("YOUR-UID.carbon.hostedgraphite.com", 2003))
conn.send("YOUR-API-KEY.foo 1\n".encode('utf-8'))
conn.close()
`, "acme.foo", "1"},
	{"UDP", `
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.sendto("YOUR-API-KEY.foo 1\n".encode('utf-8'), ("YOUR-UID.carbon.hostedgraphite.com", 2003))
`, "acme.foo", "1"},
	{"HTTP by requests", `
import requests
response = requests.put("http://www.hostedgraphite.com/api/v1/sink", auth = ("YOUR-API-KEY", ""),
data = "foo 1")
assert response.status_code == 202, response
assert response.text == "", response.text
`, "acme.foo", "1"},
	{"HTTPS by urllib", `
import urllib.request
from base64 import b64encode

url = "https://www.hostedgraphite.com/api/v1/sink"
api_key = b'YOUR-API-KEY'
metric = "foo 1.2".encode('utf-8')
headers = {'Authorization': b'Basic ' + b64encode(api_key)}
request = urllib.request.Request(url, metric, headers)
result = urllib.request.urlopen(request)
assert result.status == 202, result.status
`, "acme.foo", "1.2"},
	{"TLS", `
import socket, ssl

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
ssl_sock = ssl.wrap_socket(s)
ssl_sock.connect(("YOUR-UID.carbon.hostedgraphite.com", 20030))
ssl_sock.write("YOUR-API-KEY.foo 1.2\n".encode("UTF-8"))
`, "acme.foo", "1.2"},
	{"TCP, for Python 2", `
import socket

conn = socket.create_connection(("YOUR-UID.carbon.hostedgraphite.com", 2003))
conn.send(b"YOUR-API-KEY.foo 1.2\n")
conn.close()
`, "acme.foo", "1.2"},
	{"UDP, for Python 2", `
import socket

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.sendto(b"YOUR-API-KEY.foo 1.2\n", ("YOUR-UID.carbon.hostedgraphite.com", 2003))
`, "acme.foo", "1.2"},
	{"HTTPS, for Python 2", `
import urllib.request, base64

url = "https://www.hostedgraphite.com/api/v1/sink"
api_key = b"YOUR-API-KEY"

request = urllib.request.Request(url, b"foo 1.2")
request.add_header("Authorization", "Basic %s" % base64.encodebytes(api_key).strip().decode())
result = urllib.request.urlopen(request)
`, "acme.foo", "1.2"},
	{"TLS, for Python 2", `
import socket, ssl

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
ssl_sock = ssl.wrap_socket(s)
ssl_sock.connect(("YOUR-UID.carbon.hostedgraphite.com", 20030))
ssl_sock.write(b"YOUR-API-KEY.foo 1.2\n")
`, "acme.foo", "1.2"},
	{"pickle", `
import pickle, socket, struct

listOfMetricTuples = [("YOUR-API-KEY.my.metric.name", (1700000000, 12.5))]
payload = pickle.dumps(listOfMetricTuples, protocol=2)
header = struct.pack("!L", len(payload))
message = header + payload
conn = socket.create_connection(("carbon.hostedgraphite.com", 2004))
conn.sendall(message)
conn.close()
`, "acme.my.metric.name", "12.5"},
}

// python is Debian's interpreter, which has the modules of Debian's packages.
const python = "/usr/bin/python3"

func TestTheHostedServicesPythonClients(t *testing.T) {
	t.Parallel()
	for _, c := range pythonClients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			far := newSink(t, "line")
			e := startEdge(t, acme+to(far))
			cmd := exec.Command(python, "-W", "ignore", "-c", e.here(c.program))
			cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+e.ca.CA)
			before := time.Now().Unix()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("python3: %v\n%s", err, out)
			}
			line := far.awaitValue(5*time.Second, c.metric, c.value)
			var at int64
			fmt.Sscanf(line, c.metric+" "+c.value+" %d", &at)
			if at != 1700000000 && (at < before || at > time.Now().Unix()) {
				t.Errorf("got %q, want the present time", line)
			}
			e.checkNoKey(seedKey)
		})
	}
}
