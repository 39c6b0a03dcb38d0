package edge

import (
	"bufio"
	"io"
	"net/http"
	"strings"

	"github.com/cloudflare/cloudflared/connection"

	"jupyterhub-platform/lab/cloudflare/state"
)

// tunnelHosts is what the name of a tunnel's host ends with.
const tunnelHosts = ".cfargotunnel.com"

// ofOneHop are the headers that speak of a connection, and not of the request that it carries.
var ofOneHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Transfer-Encoding", "Upgrade"}

// ServeHTTP sends a visitor's request through the tunnel of its host.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tunnel := e.tunnelOf(r.Host)
	if tunnel == "" {
		http.Error(w, "error code: 1016", 530) // Origin DNS error
		return
	}
	socket := strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
	for _, each := range e.of(tunnel) {
		if !each.client.CanTakeNewRequest() {
			continue
		}
		response, up, err := each.send(r, socket)
		if err != nil && r.ContentLength == 0 {
			continue
		}
		if err != nil {
			// Its body is gone, as far as it came: it cannot be said again to another connector.
			http.Error(w, "error code: 502", http.StatusBadGateway)
			return
		}
		relay(w, response, up, socket)
		return
	}
	http.Error(w, "error code: 1033", 530) // Argo Tunnel error
}

// tunnelOf reads the zone: a proxied record of the host, or of the star above it, that names a tunnel.
func (e *Edge) tunnelOf(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	_, above, _ := strings.Cut(host, ".")
	e.state.Lock()
	defer e.state.Unlock()
	for _, name := range []string{host, "*." + above} {
		for _, record := range e.state.All(state.Records) {
			content := record["content"].(string)
			if record["name"] == name && record["type"] == "CNAME" && record["proxied"] == true {
				if tunnel, found := strings.CutSuffix(content, tunnelHosts); found {
					return tunnel
				}
			}
		}
	}
	return ""
}

// send puts the request on a connection. For a websocket, up is where what the visitor says goes on.
func (l *link) send(r *http.Request, socket bool) (*http.Response, io.WriteCloser, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", r.Host, ""
	for _, name := range ofOneHop {
		out.Header.Del(name)
	}
	visitor, _, _ := strings.Cut(r.RemoteAddr, ":")
	out.Header.Set("Cf-Connecting-Ip", visitor)
	out.Header.Set("X-Forwarded-For", visitor)
	out.Header.Set("X-Forwarded-Proto", "https")
	out.Header.Set("Cf-Ray", state.Hex(8)+"-OSL")
	out.Header.Del(connection.InternalTCPProxySrcHeader)
	out.Header.Del(connection.InternalUpgradeHeader)
	var up io.WriteCloser
	if socket {
		reader, writer := io.Pipe()
		out.Body, out.ContentLength, up = reader, -1, writer
		out.Header.Set(connection.InternalUpgradeHeader, connection.WebsocketUpgrade)
	}
	response, err := l.client.RoundTrip(out)
	return response, up, err
}

// relay gives the visitor the answer: its headers come in one, as those of HTTP/1 would not all be ones of HTTP/2.
func relay(w http.ResponseWriter, response *http.Response, up io.WriteCloser, socket bool) {
	defer response.Body.Close()
	headers, err := connection.DeserializeHeaders(response.Header.Get(connection.CanonicalResponseUserHeaders))
	if err != nil {
		http.Error(w, "error code: 502", http.StatusBadGateway)
		return
	}
	for _, header := range headers {
		w.Header().Add(header.Name, header.Value)
	}
	if socket && response.StatusCode == http.StatusOK {
		join(w, response.Body, up)
		return
	}
	w.WriteHeader(response.StatusCode)
	flow(w, response.Body)
}

// flow passes on what comes as it comes: a stream of events must not wait for its end.
func flow(w http.ResponseWriter, body io.Reader) {
	controller, buffer := http.NewResponseController(w), make([]byte, 32<<10)
	for {
		count, err := body.Read(buffer)
		if count > 0 {
			if _, gone := w.Write(buffer[:count]); gone != nil {
				return
			}
			// A visitor that cannot be flushed to is gone, which the next write tells.
			_ = controller.Flush()
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			// The answer has begun: only breaking it off tells the visitor that it is not whole.
			panic(http.ErrAbortHandler)
		}
	}
}

// join makes a websocket of the visitor's connection and the stream.
func join(w http.ResponseWriter, down io.Reader, up io.WriteCloser) {
	headers := w.Header().Clone()
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "error code: 502", http.StatusBadGateway)
		return
	}
	defer conn.Close()
	defer up.Close()
	headers.Set("Connection", "Upgrade")
	headers.Set("Upgrade", "websocket")
	switched := http.Response{StatusCode: http.StatusSwitchingProtocols, ProtoMajor: 1, ProtoMinor: 1, Header: headers}
	if err := switched.Write(conn); err != nil {
		return
	}
	ended := make(chan error, 2)
	go func() { ended <- pass(up, buffered.Reader) }()
	go func() { ended <- pass(conn, bufio.NewReader(down)) }()
	<-ended
}

func pass(to io.Writer, from io.Reader) error {
	_, err := io.Copy(to, from)
	return err
}
