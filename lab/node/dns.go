package main

import (
	"flag"
	"os"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/ready"
)

// runCoreDNS serves one Corefile. Only the plugins that the lab's Corefile names are linked.
func runCoreDNS() int {
	flags := flag.NewFlagSet("coredns", flag.ExitOnError)
	path := flags.String("conf", "Corefile", "the Corefile")
	_ = flags.Parse(os.Args[1:])

	contents, err := os.ReadFile(*path)
	if err != nil {
		return fail(err)
	}
	dnsserver.Quiet = true
	caddy.TrapSignals()
	server, err := caddy.Start(caddy.CaddyfileInput{Contents: contents, Filepath: *path, ServerTypeName: "dns"})
	if err != nil {
		return fail(err)
	}
	server.Wait()
	return 0
}
