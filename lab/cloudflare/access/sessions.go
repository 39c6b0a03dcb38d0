package access

import (
	"net/http"
	"time"

	"jupyterhub-platform/lab/cloudflare/state"
)

// loginLasts is how long somebody may take to say who they are.
const loginLasts = 15 * time.Minute

// login is one that has begun and not ended.
type login struct {
	application Application
	host        string
	where       string
	provider    string
	verifier    string
	email       string
	visitor     Visitor
	began       time.Time
}

// begin remembers a login under a name that nobody can guess.
func (a *Access) begin(one login) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	one.began = time.Now()
	name := state.Hex(16)
	a.logins[name] = &one
	return name
}

// take is the login of that name. Taken to its end it is gone: an answer of a provider counts once.
func (a *Access) take(name string, end bool) *login {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	found := a.logins[name]
	if end {
		delete(a.logins, name)
	}
	if found == nil || time.Since(found.began) > loginLasts {
		return nil
	}
	return found
}

func (a *Access) open(visitor Visitor) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	nonce := newNonce()
	a.sessions[nonce] = visitor
	return nonce
}

func (a *Access) session(nonce string) (Visitor, bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	visitor, found := a.sessions[nonce]
	return visitor, found
}

// revoke ends every session of a person, at whatever application.
func (a *Access) revoke(email string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for nonce, visitor := range a.sessions {
		if visitor.Email == email {
			delete(a.sessions, nonce)
		}
	}
}

// bind makes the cookie without which a session's token is worth nothing. The application never sees it.
func (a *Access) bind(nonce string) *http.Cookie {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.bindings[nonce] = state.Hex(32)
	return &http.Cookie{Name: binding, Value: a.bindings[nonce], Path: "/", Secure: true, HttpOnly: true}
}

// bound tells whether the session is one that is open, and this browser the one it was opened for.
func (a *Access) bound(r *http.Request, application Application, nonce string) bool {
	if _, open := a.session(nonce); !open || !application.Bound {
		return open
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	brought, err := r.Cookie(binding)
	return err == nil && a.bindings[nonce] != "" && brought.Value == a.bindings[nonce]
}

func withoutBinding(r *http.Request) {
	cookies := r.Cookies()
	r.Header.Del("Cookie")
	for _, each := range cookies {
		if each.Name != binding {
			r.AddCookie(each)
		}
	}
}

// own serves what Access itself answers at an application's host.
func (a *Access) own(w http.ResponseWriter, r *http.Request, application Application, claims Claims) {
	switch r.URL.Path {
	case ownPaths + "authorized":
		a.authorized(w, r)
	case ownPaths + "logout":
		if claims.Email != "" {
			a.revoke(claims.Email)
		}
		http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, Secure: true, HttpOnly: application.HTTPOnly})
		http.Redirect(w, r, a.issuer()+ownPaths+"logout", http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

// authorized ends a login at the application's own host, where its cookie belongs.
func (a *Access) authorized(w http.ResponseWriter, r *http.Request) {
	ended := a.take(r.URL.Query().Get("nonce"), true)
	if ended == nil || ended.visitor.Email == "" || ended.host != r.Host {
		http.Error(w, "Invalid login session", http.StatusBadRequest)
		return
	}
	nonce := a.open(ended.visitor)
	token, claims := a.issue(ended.application, ended.visitor, nonce)
	http.SetCookie(w, ended.application.cookie(token, claims))
	if ended.application.Bound {
		http.SetCookie(w, a.bind(nonce))
	}
	http.Redirect(w, r, ended.where, http.StatusFound)
}
