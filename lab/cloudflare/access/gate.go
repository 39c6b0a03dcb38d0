// Package access is what Cloudflare Access does at the edge: it lets those through whom the account's policies allow,
// and tells the application who they are.
package access

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"jupyterhub-platform/lab/cloudflare/state"
)

const (
	cookie    = "CF_Authorization"
	binding   = "CF_Binding"
	assertion = "Cf-Access-Jwt-Assertion"
	ownPaths  = "/cdn-cgi/access/"
)

// Access guards the applications of an account.
type Access struct {
	state    *state.State
	Keys     *Keys
	next     http.Handler
	mutex    sync.Mutex
	logins   map[string]*login
	sessions map[string]Visitor
	// bindings are what else a browser has to bring than the token of a session.
	bindings map[string]string
	pins     map[string]string
}

// New guards what is behind next.
func New(s *state.State, next http.Handler) (*Access, error) {
	keys, err := NewKeys()
	return &Access{
		state: s, Keys: keys, next: next,
		logins: map[string]*login{}, sessions: map[string]Visitor{}, bindings: map[string]string{},
		pins: map[string]string{},
	}, err
}

// ServeHTTP is the way of every request from outside.
func (a *Access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	if host == a.state.Account.AuthDomain() {
		a.team(w, r)
		return
	}
	credentials := [2]string{r.Header.Get("Cf-Access-Client-Id"), r.Header.Get("Cf-Access-Client-Secret")}
	// What a visitor claims to have from Access is no word of its own.
	for name := range r.Header {
		if strings.HasPrefix(name, "Cf-Access-") {
			r.Header.Del(name)
		}
	}
	a.state.Lock()
	application := applicationAt(a.state, host, r.URL.Path)
	var policies []Policy
	if application != nil {
		policies = application.policies(a.state)
	}
	visitor := a.service(credentials)
	a.state.Unlock()
	if application == nil {
		a.next.ServeHTTP(w, r)
		return
	}
	a.guard(w, r, *application, policies, visitor)
}

func (a *Access) guard(w http.ResponseWriter, r *http.Request, application Application, policies []Policy, service Visitor) {
	token, claims := a.present(r, application)
	switch {
	case strings.HasPrefix(r.URL.Path, ownPaths):
		a.own(w, r, application, claims)
	case decide(policies, Visitor{}) == "bypass":
		a.next.ServeHTTP(w, r)
	case token != "":
		a.pass(w, r, token, claims)
	case service.Token != "" && decide(policies, service) == "non_identity":
		made, given := a.issue(application, service, "")
		http.SetCookie(w, application.cookie(made, given))
		a.pass(w, r, made, given)
	case r.Header.Get("X-Requested-With") == "XMLHttpRequest" || application.Refuse:
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	default:
		// A real one says more in `meta`; these two are what the login needs.
		asked := url.Values{"kid": {application.Audience}, "redirect_url": {r.URL.RequestURI()}}
		http.Redirect(w, r, a.issuer()+ownPaths+"login/"+r.Host+"?"+asked.Encode(), http.StatusFound)
	}
}

func (a *Access) pass(w http.ResponseWriter, r *http.Request, token string, claims Claims) {
	r.Header.Set(assertion, token)
	if claims.Email != "" {
		r.Header.Set("Cf-Access-Authenticated-User-Email", claims.Email)
	}
	withoutBinding(r)
	a.next.ServeHTTP(w, r)
}

// present is the token a visitor brings, if it is good for the application.
func (a *Access) present(r *http.Request, application Application) (string, Claims) {
	brought, err := r.Cookie(cookie)
	if err != nil {
		return "", Claims{}
	}
	claims, err := a.Keys.Read(brought.Value)
	good := err == nil && claims.Issuer == a.issuer() && time.Now().Unix() < claims.Expires &&
		len(claims.Audience) == 1 && claims.Audience[0] == application.Audience
	if good && claims.Nonce != "" {
		good = a.bound(r, application, claims.Nonce)
	}
	if !good {
		return "", Claims{}
	}
	return brought.Value, claims
}

// service is the visitor that these credentials of a service token make. It wants the lock.
func (a *Access) service(credentials [2]string) Visitor {
	type token struct {
		ID      string
		Client  string    `json:"client_id"`
		Secret  string    `json:"client_secret"`
		Former  string    `json:"previous_client_secret"`
		Until   time.Time `json:"previous_client_secret_expires_at"`
		Expires time.Time `json:"expires_at"`
	}
	for _, known := range state.AllAs[token](a.state, state.ServiceTokens) {
		former := known.Former != "" && credentials[1] == known.Former && time.Now().Before(known.Until)
		if credentials[0] == known.Client && (credentials[1] == known.Secret || former) && time.Now().Before(known.Expires) {
			return Visitor{Token: known.ID, Client: known.Client}
		}
	}
	return Visitor{}
}

// issue signs a token for the application. Its shape has been checked, so the duration is one.
func (a *Access) issue(application Application, visitor Visitor, nonce string) (string, Claims) {
	lasts, err := time.ParseDuration(application.Session)
	if err != nil {
		panic(err)
	}
	claims := claimsOf(visitor, application.Audience, a.issuer(), nonce, lasts)
	token, err := a.Keys.Sign(claims)
	if err != nil {
		panic(err)
	}
	return token, claims
}

func (a Application) cookie(token string, claims Claims) *http.Cookie {
	same := map[string]http.SameSite{"none": http.SameSiteNoneMode, "lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode}
	return &http.Cookie{
		Name: cookie, Value: token, Path: "/", Secure: true, HttpOnly: a.HTTPOnly, SameSite: same[a.SameSite],
		Expires: time.Unix(claims.Expires, 0),
	}
}

func (a *Access) issuer() string { return "https://" + a.state.Account.AuthDomain() }
