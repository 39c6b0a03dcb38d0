// Package control is what a test says to the stand-in behind the back of whoever uses it.
package control

import (
	"encoding/json"
	"net/http"
	"regexp"

	"jupyterhub-platform/lab/cloudflare/api"
	"jupyterhub-platform/lab/cloudflare/state"
)

type control struct {
	*state.State
	watched *Watched
}

// Handler serves the control endpoint. It asks nobody who they are: it listens on loopback only.
func Handler(s *state.State, watched *Watched) *http.ServeMux {
	c := &control{s, watched}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /objects", c.objects)
	mux.HandleFunc("PATCH /objects/{kind}/{id}", c.drift)
	mux.HandleFunc("DELETE /objects/{kind}/{id}", c.lose)
	mux.HandleFunc("POST /tokens", c.token)
	mux.HandleFunc("GET /calls", c.calls)
	mux.HandleFunc("DELETE /calls", c.forget)
	mux.HandleFunc("POST /faults", c.fault)
	mux.HandleFunc("DELETE /faults", c.heal)
	return mux
}

// Answer writes a value as JSON.
func Answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	// The caller is gone where this fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(value)
}

// Read takes a value from JSON, or answers why it cannot.
func Read(w http.ResponseWriter, r *http.Request, value any) bool {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(value); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func (c *control) objects(w http.ResponseWriter, _ *http.Request) {
	c.Lock()
	defer c.Unlock()
	Answer(w, api.Everything(c.State))
}

// drift changes an object as somebody would at the dashboard.
func (c *control) drift(w http.ResponseWriter, r *http.Request) {
	change := state.Document{}
	if !Read(w, r, &change) {
		return
	}
	c.Lock()
	defer c.Unlock()
	found := c.Find(r.PathValue("kind"), r.PathValue("id"))
	if found == nil {
		http.NotFound(w, r)
		return
	}
	for name, value := range change {
		found[name] = value
	}
	if r.PathValue("kind") == state.Configurations {
		c.Configured(r.PathValue("id"))
	}
}

// lose removes an object, whatever still refers to it.
func (c *control) lose(_ http.ResponseWriter, r *http.Request) {
	c.Lock()
	defer c.Unlock()
	c.Remove(r.PathValue("kind"), r.PathValue("id"))
}

// token makes an API token with these permissions, or takes the place of the one there is.
func (c *control) token(w http.ResponseWriter, r *http.Request) {
	asked := struct {
		Secret      string   `json:"secret"`
		Permissions []string `json:"permissions"`
		Status      string   `json:"status"`
	}{Status: "active"}
	if !Read(w, r, &asked) {
		return
	}
	c.Lock()
	defer c.Unlock()
	made := state.NewToken(asked.Permissions)
	made.Status = asked.Status
	c.Tokens[asked.Secret] = made
}

func (c *control) calls(w http.ResponseWriter, _ *http.Request) {
	c.watched.Lock()
	defer c.watched.Unlock()
	Answer(w, append([]Call{}, c.watched.calls...))
}

func (c *control) forget(http.ResponseWriter, *http.Request) {
	c.watched.Lock()
	defer c.watched.Unlock()
	c.watched.calls = nil
}

func (c *control) fault(w http.ResponseWriter, r *http.Request) {
	asked := &Fault{Times: 1}
	if !Read(w, r, asked) {
		return
	}
	if _, err := regexp.Compile(asked.Path); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.watched.Lock()
	defer c.watched.Unlock()
	c.watched.faults = append(c.watched.faults, asked)
}

func (c *control) heal(http.ResponseWriter, *http.Request) {
	c.watched.Lock()
	defer c.watched.Unlock()
	c.watched.faults = nil
}
