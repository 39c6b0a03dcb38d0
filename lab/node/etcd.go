package main

import (
	"errors"
	"flag"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"
)

// runEtcd keeps the cluster's data in one directory and serves it to holders of a certificate: whoever reaches it
// rules the cluster, and loopback is open to every user of the machine.
func runEtcd() int {
	flags := flag.NewFlagSet("etcd", flag.ExitOnError)
	dir := flags.String("data-dir", "", "where the data is kept")
	client := flags.String("client-url", "", "address for the API server")
	peer := flags.String("peer-url", "", "address for other members, of which there are none")
	tls := transport.TLSInfo{ClientCertAuth: true}
	flags.StringVar(&tls.CertFile, "cert-file", "", "this server's certificate")
	flags.StringVar(&tls.KeyFile, "key-file", "", "its key")
	flags.StringVar(&tls.TrustedCAFile, "ca-file", "", "the authority of those who may connect")
	_ = flags.Parse(os.Args[1:])

	config := embed.NewConfig()
	config.Dir = *dir
	config.LogLevel = "warn"
	config.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	config.AutoCompactionMode, config.AutoCompactionRetention = "periodic", "1h"
	config.ClientTLSInfo, config.PeerTLSInfo = tls, tls
	config.EnableGRPCGateway = false
	clientURL, err := url.Parse(*client)
	if err != nil {
		return fail(err)
	}
	peerURL, err := url.Parse(*peer)
	if err != nil {
		return fail(err)
	}
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clientURL}, []url.URL{*clientURL}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peerURL}, []url.URL{*peerURL}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return serveEtcd(config)
}

func serveEtcd(config *embed.Config) int {
	server, err := embed.StartEtcd(config)
	if err != nil {
		return fail(err)
	}
	defer server.Close()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(time.Minute):
		return fail(errors.New("etcd took longer than a minute to start"))
	case err := <-server.Err():
		return fail(err)
	}
	select {
	case err := <-server.Err():
		return fail(err)
	case <-stop:
		return 0
	}
}
