// The lab's Cloudflare: an account's API, its edge and Access, for tests that must not ask the real one.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"jupyterhub-platform/lab/cloudflare/api"
	"jupyterhub-platform/lab/cloudflare/control"
	"jupyterhub-platform/lab/cloudflare/state"
)

// Ready is what the program says once it serves, in one line: the addresses it chose.
type ready struct {
	API     string `json:"api"`
	Control string `json:"control"`
}

func main() {
	var account state.Account
	flag.StringVar(&account.ID, "account", state.Hex(16), "identifier of the account")
	flag.StringVar(&account.Zone, "zone", state.Hex(16), "identifier of its zone")
	flag.StringVar(&account.Domain, "domain", "example.org", "name of the zone")
	flag.StringVar(&account.Team, "team", "example", "name of the account at cloudflareaccess.com")
	flag.Parse()
	if err := run(account); err != nil {
		log.Fatal(err)
	}
}

func run(account state.Account) error {
	known := state.New(account)
	// The API's token is no argument: those can be read by everybody on the machine.
	if secret := os.Getenv("CLOUDFLARE_API_TOKEN"); secret != "" {
		known.Tokens[secret] = state.NewToken(state.Everything())
	}
	watched := control.Watch(api.Handler(known))
	failed := make(chan error)
	serve := func(handler http.Handler) string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		go func() { failed <- http.Serve(listener, handler) }()
		return "http://" + listener.Addr().String()
	}
	said, err := json.Marshal(ready{API: serve(watched) + api.Base, Control: serve(control.Handler(known, watched))})
	if err != nil {
		return err
	}
	fmt.Println(string(said))
	return <-failed
}
