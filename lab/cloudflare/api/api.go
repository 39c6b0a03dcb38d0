// Package api answers as Cloudflare's API does, for what a deployment makes there. Where the real one lets a mistake
// pass (a field it does not know), this one refuses it: what works here was at least said correctly.
package api

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

// Base is the path below which the API lives.
const Base = "/client/v4"

const (
	account = "accounts/{account}/"
	zone    = "zones/{zone}/"
)

var identifier = regexp.MustCompile(`^[0-9a-f]{32}$`)

// resource is one kind of object and how it is made, changed and shown.
type resource struct {
	area
	kind       string
	path       string
	create     string // where it is made, when not at its path
	permission state.Permission
	shape      shape.Shape
	missing    *refusal
	made       int // the status of a creation
	replace    bool
	change     bool
	// complete adds what the account knows and the caller does not say. The object that was there before is nil for a new one.
	complete func(s *state.State, document, before state.Document) *refusal
	// remove takes the object away. Without it, it is only forgotten.
	remove func(s *state.State, document state.Document) *refusal
	// show is what a reader sees, where that is not the whole object.
	show func(s *state.State, document state.Document) state.Document
	// answered is what the maker sees, where that is more than a reader does.
	answered func(s *state.State, document state.Document) state.Document
}

type server struct {
	*state.State
	mux *http.ServeMux
}

// act is what a call does, once it is known that it may. It holds the lock.
type act func(w http.ResponseWriter, r *http.Request) *refusal

// Handler serves the API of an account.
func Handler(s *state.State) http.Handler {
	server := &server{s, http.NewServeMux()}
	for _, each := range []resource{tunnel, record, application, policy, provider, serviceToken, certificate} {
		server.offer(each)
	}
	server.offerTunnelParts()
	server.offerRotation()
	server.offerAccount()
	server.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { noRoute.write(w) })
	return server.mux
}

func (s *server) offer(r resource) {
	one := r.path + "/{id}"
	s.handle("GET", r.path, r.permission, s.list(r))
	s.handle("GET", one, r.permission, s.read(r))
	s.handle("DELETE", one, r.permission, s.remove(r))
	create := r.path
	if r.create != "" {
		create = r.create
	}
	s.handle("POST", create, r.permission, s.make(r))
	if r.replace {
		s.handle("PUT", one, r.permission, s.write(r, false))
	}
	if r.change {
		s.handle("PATCH", one, r.permission, s.write(r, true))
	}
}

// handle judges who calls before it looks at what they say: a token without the permission learns nothing of the rest.
func (s *server) handle(method, path string, needed state.Permission, do act) {
	s.mux.HandleFunc(method+" "+Base+"/"+path, func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		defer s.Unlock()
		if no := s.authorise(r, needed, method != "GET"); no != nil {
			no.write(w)
		} else if no := do(w, r); no != nil {
			no.write(w)
		}
	})
}

func (s *server) authorise(r *http.Request, needed state.Permission, write bool) *refusal {
	token, no := s.token(r)
	if no != nil {
		return no
	}
	for _, part := range []string{r.PathValue("account"), r.PathValue("zone")} {
		if part != "" && !identifier.MatchString(part) {
			return badIdentifiers
		}
	}
	if asked := r.PathValue("account"); asked != "" && asked != s.Account.ID {
		return unauthorised
	}
	if asked := r.PathValue("zone"); asked != "" && asked != s.Account.Zone {
		return foreignZone
	}
	if needed != "" && !token.May(needed, write) {
		return unauthorised
	}
	return nil
}

func (s *server) token(r *http.Request) (state.Token, *refusal) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return state.Token{}, noHeader
	}
	secret, bearer := strings.CutPrefix(header, "Bearer ")
	if !bearer {
		return state.Token{}, badHeader
	}
	token, known := s.Tokens[secret]
	if !known {
		return token, unknownToken
	}
	return token, nil
}

// area is a part of the API with a number and a beginning of its own for what it does not understand.
type area struct {
	code   int
	prefix string
}

func (a area) bad(reason string) *refusal {
	return refuse(http.StatusBadRequest, a.code, a.prefix+reason)
}

// said is the body, once it has the right shape. A member that is null is one that is not there.
func (r resource) said(request *http.Request, before state.Document) (state.Document, *refusal) {
	content, err := io.ReadAll(io.LimitReader(request.Body, 1<<20))
	document := state.Document{}
	if err != nil || json.Unmarshal(content, &document) != nil {
		return nil, r.bad("the body is not a JSON object")
	}
	for name, value := range before {
		if _, said := document[name]; !said {
			document[name] = value
		}
	}
	withoutNulls(document)
	if err := r.shape("the body", map[string]any(document)); err != nil {
		return nil, r.bad(err.Error())
	}
	return document, nil
}

func withoutNulls(value any) {
	switch found := value.(type) {
	case map[string]any:
		for name, member := range found {
			if member == nil {
				delete(found, name)
			}
			withoutNulls(member)
		}
	case []any:
		for _, member := range found {
			withoutNulls(member)
		}
	}
}
