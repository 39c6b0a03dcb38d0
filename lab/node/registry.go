package main

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// runRegistry is an image registry for trying `make images REGISTRY=...`: plain http, loopback only, no login.
func runRegistry() int {
	flags := flag.NewFlagSet("registry", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:5000", "where to listen")
	dir := flags.String("dir", "", "where layers are kept; the names are forgotten when it stops")
	_ = flags.Parse(os.Args[1:])

	blobs := filepath.Join(*dir, "blobs")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return fail(err)
	}
	server := http.Server{
		Addr:              *address,
		Handler:           registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs))),
		ReadHeaderTimeout: time.Minute,
	}
	return fail(server.ListenAndServe())
}
