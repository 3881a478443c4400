// Package slacktest is a Slack for tests and for trying things by hand: a server
// that keeps one workspace in memory and treats those who speak to it as Slack
// does, down to what it does to their texts. It can be told to fail.
package slacktest

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a workspace behind Slack's Web API, at URL, with Socket Mode. It is
// ready when it is made. Any number of goroutines may use it.
type Server struct {
	URL string // with a slash at its end

	o      Options
	http   *http.Server
	served chan struct{}

	mu       sync.Mutex
	apps     []App
	channels []*channel
	users    map[string]string // names by id
	calls    map[string]int    // by method
	posted   []time.Time       // when posts were taken
	windows  map[string][]time.Time
	fail     func(method string) Fault
	sockets  map[*socket]struct{}
	pending  map[string]*delivery
	tickets  map[string]int // index of an app by ticket
	serial   int
}

// Options say how a Server behaves. The zero value behaves as Slack does.
type Options struct {
	Address string  // to listen on; a free port of 127.0.0.1 if empty
	Speed   float64 // the clocks of limits and redeliveries run so much faster; 1 if 0

	PlainText    bool // texts are stored as they come: nothing is taken for a host name
	Phones       bool // long numbers are taken for those of telephones
	NoDeletion   bool // the workspace forbids to delete messages
	Unlimited    bool // calls are not limited
	Distributed  bool // apps are commercially distributed: history gives 15 messages a minute
	MaxPage      int  // most messages in a page of history, whatever is asked for
	OldestFirst  bool // pages of history come in the order that an older manual describes
	OmitMetadata bool // missing scopes are not named
}

// App is who speaks to the workspace: by Token, which is a bot's if it begins
// with xoxb-, and a person's otherwise.
type App struct {
	Token    string
	AppToken string   // for Socket Mode
	ID       string   // of the app
	User     string   // user id of the bot, or of the person
	Bot      string   // id of the bot
	Scopes   []string // all that it may; nil: everything
	Admin    bool     // a person who may delete what others wrote
}

// New starts a server. Close ends it.
func New(o Options) (*Server, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL: "http://" + l.Addr().String() + "/api/", o: o, served: make(chan struct{}),
		users: map[string]string{}, calls: map[string]int{}, windows: map[string][]time.Time{},
		sockets: map[*socket]struct{}{}, pending: map[string]*delivery{}, tickets: map[string]int{},
		fail: func(string) Fault { return NoFault },
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serve)
	mux.HandleFunc("/link", s.link)
	s.http = &http.Server{Handler: mux}
	go func() { defer close(s.served); s.http.Serve(l) }()
	return s, nil
}

// Close ends the server and all connections to it.
func (s *Server) Close() {
	s.Disconnect("")
	s.http.Close()
	<-s.served
}

// AddApp lets another app speak to the workspace.
func (s *Server) AddApp(a App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps = append(s.apps, a)
}

// AddUser gives a person a name.
func (s *Server) AddUser(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[id] = name
}

// Fail has decide say what becomes of each call; NoFault lets it through. It may be
// called by many at once.
func (s *Server) Fail(decide func(method string) Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = decide
}

// Calls returns how often a method was called, failures included.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Posted returns when posts were taken.
func (s *Server) Posted() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.posted...)
}

// scaled is d by the server's clocks.
func (s *Server) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) / s.o.Speed) }
