// Package edge is the far end of the tunnels. It speaks to the real cloudflared, over HTTP/2, with cloudflared's own
// package for the calls by which a connector registers.
package edge

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/cloudflare/cloudflared/connection"
	"github.com/cloudflare/cloudflared/tunnelrpc"
	"github.com/cloudflare/cloudflared/tunnelrpc/pogs"
	"github.com/google/uuid"
	"golang.org/x/net/http2"

	"jupyterhub-platform/lab/cloudflare/state"
)

// ServerName is what a connector that speaks HTTP/2 expects the edge's certificate to be for.
const ServerName = "h2.cftunnel.com"

const pushTimeout = 10 * time.Second

// Edge holds the connections of all tunnels.
type Edge struct {
	state *state.State
	mutex sync.Mutex
	links map[string][]*link
	turn  int
}

// link is one connection of a connector.
type link struct {
	edge   *Edge
	client *http2.ClientConn
	conn   net.Conn
	tunnel string
	id     string
	index  byte
	name   string
}

// New has no connections yet. It tells connectors when the configuration of their tunnel changes.
func New(s *state.State) *Edge {
	e := &Edge{state: s, links: map[string][]*link{}}
	s.Configured = func(tunnel string) { go e.configure(tunnel) }
	return e
}

// Serve accepts connectors.
func (e *Edge) Serve(listener net.Listener, config *tls.Config) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := e.accept(tls.Server(conn, config)); err != nil {
				log.Printf("a connection to the edge ended: %v", err)
			}
			// It may be closed already; then there is nothing left to do.
			_ = conn.Close()
		}()
	}
}

// accept is the life of one connection: the edge is the client of the connector's HTTP/2 server, and asks it first for
// a stream on which the connector registers.
func (e *Edge) accept(conn *tls.Conn) error {
	client, err := (&http2.Transport{ReadIdleTimeout: 5 * time.Second}).NewClientConn(conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reader, writer := io.Pipe()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://edge/", reader)
	if err != nil {
		return err
	}
	request.Header.Set(connection.InternalUpgradeHeader, connection.ControlStreamUpgrade)
	response, err := client.RoundTrip(request)
	if err != nil {
		return err
	}
	made := &link{edge: e, client: client, conn: conn}
	defer made.drop()
	return tunnelrpc.NewRegistrationServer(made).Serve(ctx, stream{response.Body, writer})
}

type stream struct {
	io.ReadCloser
	io.WriteCloser
}

func (s stream) Close() error { return errors.Join(s.ReadCloser.Close(), s.WriteCloser.Close()) }

// RegisterConnection lets in who has the tunnel's secret.
func (l *link) RegisterConnection(
	_ context.Context, auth pogs.TunnelAuth, id uuid.UUID, index byte, options *pogs.ConnectionOptions,
) (*pogs.ConnectionDetails, error) {
	s := l.edge.state
	s.Lock()
	defer s.Unlock()
	found := s.Find(state.Tunnels, id.String())
	if found == nil || found["deleted_at"] != nil {
		return nil, errors.New("Unauthorized: Tunnel not found")
	}
	secret, err := base64.StdEncoding.DecodeString(found["tunnel_secret"].(string))
	if err != nil || auth.AccountTag != s.Account.ID || subtle.ConstantTimeCompare(secret, auth.TunnelSecret) != 1 {
		return nil, errors.New("Unauthorized: Invalid tunnel secret")
	}
	client, err := uuid.FromBytes(options.Client.ClientID)
	if err != nil {
		return nil, err
	}
	made := uuid.New()
	l.tunnel, l.id, l.index, l.name = id.String(), made.String(), index, client.String()
	if !l.edge.add(l) {
		return nil, errors.New(connection.DuplicateConnectionError)
	}
	host, _, _ := strings.Cut(l.conn.RemoteAddr().String(), ":")
	s.Connect(l.tunnel, state.Connection{
		ID: l.id, UUID: l.id, ClientID: l.name, ClientVersion: options.Client.Version, ColoName: "osl01",
		OpenedAt: state.Now(), OriginIP: host,
	})
	remote := found["config_src"] == "cloudflare"
	if remote {
		go l.edge.configure(l.tunnel)
	}
	return &pogs.ConnectionDetails{UUID: made, Location: "osl01", TunnelIsRemotelyManaged: remote}, nil
}

// UnregisterConnection is a connector that says good-bye: no new request goes to it, those under way may end.
func (l *link) UnregisterConnection(context.Context) { l.drop() }

// UpdateLocalConfiguration is what a connector with a configuration of its own tells; nobody here asks for it.
func (l *link) UpdateLocalConfiguration(context.Context, []byte) error { return nil }
