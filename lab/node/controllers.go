package main

import (
	"context"
	"flag"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"jupyterhub-platform/lab/node/policies"
	"jupyterhub-platform/lab/node/storage"
)

func runPolicies() int {
	flags := flag.NewFlagSet("policies", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	socket := flags.String("socket", "", "where policies-cni asks for starting pods")
	bridge := flags.String("bridge", "", "the interface that all pods are on")
	pods := flags.String("pod-range", "", "the addresses that pods get")
	_ = flags.Parse(os.Args[1:])

	prefix, err := netip.ParsePrefix(*pods)
	if err != nil {
		return fail(err)
	}
	return untilStopped(func(ctx context.Context) error {
		return policies.Run(ctx, *kubeconfig, *socket, policies.Network{Bridge: *bridge, Pods: prefix})
	})
}

func runStorage() int {
	flags := flag.NewFlagSet("storage", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	dir := flags.String("dir", "", "where volumes are made")
	_ = flags.Parse(os.Args[1:])

	return untilStopped(func(ctx context.Context) error { return storage.Run(ctx, *kubeconfig, *dir) })
}

func untilStopped(run func(context.Context) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		return fail(err)
	}
	return 0
}
