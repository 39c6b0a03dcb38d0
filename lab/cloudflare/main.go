// The lab's Cloudflare: an account's API, its edge and Access, for tests that must not ask the real one.
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"jupyterhub-platform/lab/cloudflare/access"
	"jupyterhub-platform/lab/cloudflare/api"
	"jupyterhub-platform/lab/cloudflare/control"
	"jupyterhub-platform/lab/cloudflare/edge"
	"jupyterhub-platform/lab/cloudflare/front"
	"jupyterhub-platform/lab/cloudflare/state"
)

// ready is what the program says once it serves, in one line: the addresses it has.
type ready struct {
	API      string `json:"api"`
	Control  string `json:"control"`
	Visitors string `json:"visitors"`
	Edge     string `json:"edge"`
	// Unguarded leads past Access into the tunnels: what a connector must not trust.
	Unguarded string `json:"unguarded"`
	Proxy     string `json:"proxy"`
}

type options struct {
	account   state.Account
	address   string
	visitors  string
	edge      string
	authority string
}

func main() {
	var o options
	flag.StringVar(&o.account.ID, "account", state.Hex(16), "identifier of the account")
	flag.StringVar(&o.account.Zone, "zone", state.Hex(16), "identifier of its zone")
	flag.StringVar(&o.account.Domain, "domain", "example.org", "name of the zone")
	flag.StringVar(&o.account.Team, "team", "example", "name of the account at cloudflareaccess.com")
	flag.StringVar(&o.address, "address", "127.0.0.1", "where visitors and connectors come to")
	flag.StringVar(&o.visitors, "visitors", "0", "the port of the visitors; 0 is any that is free")
	flag.StringVar(&o.edge, "edge", "0", "the port of the connectors; 0 is any that is free")
	flag.StringVar(&o.authority, "authority", "", "the file to write the certificate of the authority to")
	flag.Parse()
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	authority, err := front.NewAuthority()
	if err != nil {
		return err
	}
	if o.authority != "" {
		if err := os.WriteFile(o.authority, authority.PEM(), 0o644); err != nil {
			return err
		}
	}
	known := state.New(o.account)
	// The API's token is no argument: those can be read by everybody on the machine.
	if secret := os.Getenv("CLOUDFLARE_API_TOKEN"); secret != "" {
		known.Tokens[secret] = state.NewToken(state.Everything())
	}
	far := edge.New(known)
	guard, err := access.New(known, far)
	if err != nil {
		return err
	}
	watched := control.Watch(api.Handler(known))
	controls := control.Handler(known, watched)
	control.Edge(controls, guard, far)

	failed := make(chan error)
	serve := func(address string, serve func(net.Listener) error) (string, error) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return "", err
		}
		go func() { failed <- serve(listener) }()
		return listener.Addr().String(), nil
	}
	said, err := open(o, serve, authority, doors{watched, controls, guard, far})
	if err != nil {
		return err
	}
	fmt.Println(said)
	return <-failed
}

type doors struct {
	api, controls, guard http.Handler
	far                  *edge.Edge
}

// open every door, and say where each is.
func open(o options, serve func(string, func(net.Listener) error) (string, error), authority *front.Authority, d doors) (string, error) {
	const own = "127.0.0.1:0"
	plain := func(handler http.Handler) func(net.Listener) error {
		return func(listener net.Listener) error { return http.Serve(listener, handler) }
	}
	secured := func(handler http.Handler) func(net.Listener) error {
		server := &http.Server{Handler: handler, TLSConfig: authority.Config(o.account.Domain, "h2", "http/1.1")}
		return func(listener net.Listener) error { return server.ServeTLS(listener, "", "") }
	}
	ours := func(host string) bool {
		return host == o.account.AuthDomain() || host == o.account.Domain || strings.HasSuffix(host, "."+o.account.Domain)
	}
	var said ready
	var err error
	if said.Visitors, err = serve(net.JoinHostPort(o.address, o.visitors), secured(d.guard)); err != nil {
		return "", err
	}
	for _, door := range []struct {
		said    *string
		address string
		serve   func(net.Listener) error
	}{
		{&said.API, own, plain(d.api)},
		{&said.Control, own, plain(d.controls)},
		{&said.Unguarded, own, secured(d.far)},
		{&said.Proxy, own, plain(front.Proxy(ours, said.Visitors))},
		{&said.Edge, net.JoinHostPort(o.address, o.edge), func(listener net.Listener) error {
			return d.far.Serve(listener, connectors(authority))
		}},
	} {
		if *door.said, err = serve(door.address, door.serve); err != nil {
			return "", err
		}
	}
	said.API = "http://" + said.API + api.Base
	said.Control, said.Proxy = "http://"+said.Control, "http://"+said.Proxy
	line, err := json.Marshal(said)
	return string(line), err
}

func connectors(authority *front.Authority) *tls.Config { return authority.Config(edge.ServerName) }
