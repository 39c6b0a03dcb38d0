package control

import (
	"net/http"
	"time"

	"jupyterhub-platform/lab/cloudflare/access"
	"jupyterhub-platform/lab/cloudflare/edge"
)

// Edge adds what a test says to the edge and to Access.
func Edge(mux *http.ServeMux, guard *access.Access, far *edge.Edge) {
	mux.HandleFunc("POST /keys", func(w http.ResponseWriter, r *http.Request) {
		asked := struct {
			Grace float64 `json:"grace"`
		}{}
		if !Read(w, r, &asked) {
			return
		}
		if err := guard.Keys.Rotate(time.Duration(asked.Grace * float64(time.Second))); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /pins/{email}", func(w http.ResponseWriter, r *http.Request) {
		Answer(w, guard.Pin(r.PathValue("email")))
	})
	mux.HandleFunc("POST /assertions", func(w http.ResponseWriter, r *http.Request) { assert(w, r, guard) })
	mux.HandleFunc("DELETE /connections/{tunnel}", func(w http.ResponseWriter, r *http.Request) {
		Answer(w, far.Cut(r.PathValue("tunnel")))
	})
}

// assert signs any claims, by the key of today or by one that nobody publishes.
func assert(w http.ResponseWriter, r *http.Request, guard *access.Access) {
	asked := struct {
		Claims  map[string]any `json:"claims"`
		Foreign bool           `json:"foreign"`
	}{}
	if !Read(w, r, &asked) {
		return
	}
	token, err := guard.Keys.Sign(asked.Claims)
	if asked.Foreign {
		key, failed := access.NewKey()
		if failed != nil {
			http.Error(w, failed.Error(), http.StatusInternalServerError)
			return
		}
		token, err = access.SignWith(key, asked.Claims)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	Answer(w, token)
}
