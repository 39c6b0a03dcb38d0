package access

import (
	"encoding/json"
	"html/template"
	"log"
	"net/http"
	"net/url"
	"strings"

	"jupyterhub-platform/lab/cloudflare/state"
)

// orgCookie is the session at the team's own host: who has it logs in at the next application without a provider.
const orgCookie = "CF_Session"

var choose = template.Must(template.New("choose").Parse(`<!doctype html><title>Sign in</title>
<h1>{{.Application.Name}}</h1>{{$login := .Login}}
<ul>{{range .Providers}}<li><a href="/cdn-cgi/access/start?login={{$login}}&amp;provider={{.ID}}">{{.Name}}</a></li>{{end}}</ul>`))

var denied = template.Must(template.New("denied").Parse(`<!doctype html><title>Forbidden</title>
<h1>That account does not have access.</h1><p>{{.}}</p>`))

// Provider is where people say who they are.
type Provider struct {
	ID     string
	Name   string
	Type   string
	Config struct {
		Client     string   `json:"client_id"`
		Secret     string   `json:"client_secret"`
		Authorise  string   `json:"auth_url"`
		Token      string   `json:"token_url"`
		Keys       string   `json:"certs_url"`
		PKCE       bool     `json:"pkce_enabled"`
		Scopes     []string `json:"scopes"`
		Claims     []string `json:"claims"`
		EmailClaim string   `json:"email_claim_name"`
		Prompt     string   `json:"prompt"`
		Redirect   string   `json:"redirect_url"`
	}
}

// team serves the host where people log in.
func (a *Access) team(w http.ResponseWriter, r *http.Request) {
	switch step, host, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, ownPaths), "/"); step {
	case "certs":
		w.Header().Set("Content-Type", "application/json")
		// The caller is gone where this fails; there is nobody to tell.
		_ = json.NewEncoder(w).Encode(a.Keys.Public())
	case "login":
		a.login(w, r, host)
	case "start":
		a.start(w, r)
	case "callback":
		a.callback(w, r)
	case "pin":
		a.pin(w, r)
	case "logout":
		if visitor, known := a.known(r); known {
			a.revoke(visitor.Email)
		}
		http.SetCookie(w, &http.Cookie{Name: orgCookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true})
	default:
		http.NotFound(w, r)
	}
}

// login begins one for an application: without a question where there is nothing to choose.
func (a *Access) login(w http.ResponseWriter, r *http.Request, host string) {
	where := r.URL.Query().Get("redirect_url")
	// A path of the application and nothing else, or the login would send people anywhere.
	if !strings.HasPrefix(where, "/") || strings.HasPrefix(where, "//") || strings.HasPrefix(where, `/\`) {
		where = "/"
	}
	address, err := url.Parse("https://" + host + where)
	if err != nil {
		http.Error(w, "Unable to find your Access application!", http.StatusNotFound)
		return
	}
	a.state.Lock()
	application := applicationAt(a.state, address.Hostname(), address.Path)
	providers := []Provider{}
	if application != nil {
		providers = application.providers(a.state)
	}
	a.state.Unlock()
	if application == nil || len(providers) == 0 || r.URL.Query().Get("kid") != application.Audience {
		http.Error(w, "Unable to find your Access application!", http.StatusNotFound)
		return
	}
	begun := login{application: *application, host: host, where: where}
	for _, provider := range providers {
		if visitor, known := a.known(r); known && visitor.Provider == provider.ID {
			a.finish(w, r, begun, visitor)
			return
		}
	}
	name := a.begin(begun)
	if application.Redirect {
		http.Redirect(w, r, ownPaths+"start?login="+name+"&provider="+providers[0].ID, http.StatusFound)
		return
	}
	show(w, http.StatusOK, choose, map[string]any{"Application": application, "Login": name, "Providers": providers})
}

// start asks the chosen provider who it is.
func (a *Access) start(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("login")
	begun := a.take(name, false)
	if begun == nil {
		http.Error(w, "Invalid login session", http.StatusBadRequest)
		return
	}
	a.state.Lock()
	provider := begun.application.provider(a.state, r.URL.Query().Get("provider"))
	a.state.Unlock()
	switch {
	case provider == nil:
		http.Error(w, "Invalid login session", http.StatusBadRequest)
	case provider.Type == "onetimepin":
		begun.provider = provider.ID
		show(w, http.StatusOK, askEmail, name)
	default:
		begun.provider = provider.ID
		http.Redirect(w, r, provider.ask(name, begun), http.StatusFound)
	}
}

// finish lets a visitor in whom a policy allows.
func (a *Access) finish(w http.ResponseWriter, r *http.Request, begun login, visitor Visitor) {
	a.state.Lock()
	decision := decide(begun.application.policies(a.state), visitor)
	a.state.Unlock()
	if decision != "allow" {
		show(w, http.StatusForbidden, denied, visitor.Email)
		return
	}
	begun.visitor = visitor
	http.SetCookie(w, &http.Cookie{Name: orgCookie, Value: a.open(visitor), Path: "/", Secure: true, HttpOnly: true})
	address := url.URL{Scheme: "https", Host: begun.host, Path: ownPaths + "authorized"}
	address.RawQuery = url.Values{"nonce": {a.begin(begun)}}.Encode()
	http.Redirect(w, r, address.String(), http.StatusFound)
}

// known is who logged in at the team's host before.
func (a *Access) known(r *http.Request) (Visitor, bool) {
	brought, err := r.Cookie(orgCookie)
	if err != nil {
		return Visitor{}, false
	}
	return a.session(brought.Value)
}

// providers that may be chosen: those the application names, or every one of the account.
func (a Application) providers(s *state.State) []Provider {
	found := []Provider{}
	for _, document := range s.All(state.IdentityProviders) {
		if provider := a.provider(s, document["id"].(string)); provider != nil {
			found = append(found, *provider)
		}
	}
	return found
}

func (a Application) provider(s *state.State, id string) *Provider {
	allowed := len(a.Allowed) == 0
	for _, each := range a.Allowed {
		allowed = allowed || each == id
	}
	document := s.Find(state.IdentityProviders, id)
	if !allowed || document == nil {
		return nil
	}
	found := state.As[Provider](document)
	return &found
}

func show(w http.ResponseWriter, status int, page *template.Template, about any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Execute(w, about); err != nil {
		log.Printf("cannot show the page %s: %v", page.Name(), err)
	}
}
