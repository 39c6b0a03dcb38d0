package edge

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"slices"

	"github.com/cloudflare/cloudflared/connection"

	"jupyterhub-platform/lab/cloudflare/state"
)

// add takes the connection in, unless its connector has one of that index already.
func (e *Edge) add(made *link) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	same := func(known *link) bool { return known.name == made.name && known.index == made.index }
	if slices.ContainsFunc(e.links[made.tunnel], same) {
		return false
	}
	e.links[made.tunnel] = append(e.links[made.tunnel], made)
	return true
}

func (l *link) drop() {
	if l.id == "" {
		return
	}
	l.edge.mutex.Lock()
	l.edge.links[l.tunnel] = slices.DeleteFunc(l.edge.links[l.tunnel], func(known *link) bool { return known == l })
	l.edge.mutex.Unlock()
	l.edge.state.Lock()
	defer l.edge.state.Unlock()
	l.edge.state.Disconnect(l.tunnel, l.id)
}

// of lists the tunnel's connections, each time another one first.
func (e *Edge) of(tunnel string) []*link {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	all := e.links[tunnel]
	if len(all) == 0 {
		return nil
	}
	e.turn++
	from := e.turn % len(all)
	return append(slices.Clone(all[from:]), all[:from]...)
}

// Cut ends a connection as a fault of the network would.
func (e *Edge) Cut(tunnel string) int {
	cut := e.of(tunnel)
	for _, each := range cut {
		// It is cut already where this fails.
		_ = each.conn.Close()
	}
	return len(cut)
}

// configure tells every connector of the tunnel its configuration, which each takes up by its version.
func (e *Edge) configure(tunnel string) {
	e.state.Lock()
	found := e.state.Find(state.Configurations, tunnel)
	var update []byte
	var err error
	if found != nil {
		update, err = json.Marshal(map[string]any{"version": found["version"], "config": found["config"]})
	}
	e.state.Unlock()
	if found == nil || err != nil {
		return
	}
	for _, each := range e.of(tunnel) {
		if err := each.push(update); err != nil {
			log.Printf("cannot configure a connector: %v", err)
		}
	}
}

func (l *link) push(update []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), pushTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://edge/", bytes.NewReader(update))
	if err != nil {
		return err
	}
	request.Header.Set(connection.InternalUpgradeHeader, connection.ConfigurationUpdate)
	response, err := l.client.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil {
		log.Printf("configured a connector: %s", answer)
	}
	return err
}
