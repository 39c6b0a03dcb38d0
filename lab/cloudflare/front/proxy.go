package front

import (
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
)

// Proxy leads who uses it to the stand-in for the names it answers for, and to where it says for all others. With it no
// name has to be entered anywhere, and nobody who does not use it is led astray.
func Proxy(ours func(host string) bool, here string) http.Handler {
	plain := &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			plain.ServeHTTP(w, r)
			return
		}
		target := r.Host
		if name, port, err := net.SplitHostPort(r.Host); err == nil && port == "443" && ours(strings.ToLower(name)) {
			target = here
		}
		connect(w, target)
	})
}

func connect(w http.ResponseWriter, target string) {
	there, err := net.Dial("tcp", target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	w.WriteHeader(http.StatusOK)
	conn, said, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	ended := make(chan error, 2)
	pass := func(to io.Writer, from io.Reader) {
		_, err := io.Copy(to, from)
		ended <- err
	}
	// A visitor that was quick has said something already: it is no longer on the connection.
	go pass(there, said)
	go pass(conn, there)
	<-ended
}
