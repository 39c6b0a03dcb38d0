package access

import (
	"crypto/rand"
	"fmt"
	"html/template"
	"math/big"
	"net/http"
	"strings"
)

var askEmail = template.Must(template.New("email").Parse(`<!doctype html><title>Sign in</title>
<form method="post" action="/cdn-cgi/access/pin"><input type="hidden" name="login" value="{{.}}">
<input name="email" type="email" autofocus> <button>Send me a code</button></form>`))

var askPin = template.Must(template.New("pin").Parse(`<!doctype html><title>Sign in</title>
<form method="post" action="/cdn-cgi/access/pin"><input type="hidden" name="login" value="{{.}}">
<p>A code has been sent, if that address may have one.</p>
<input name="pin" inputmode="numeric" autofocus> <button>Sign in</button></form>`))

// pin takes an address, and then the PIN that was sent to it. Only addresses that a policy allows get one, and the page
// does not tell which do.
func (a *Access) pin(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("login")
	begun := a.take(name, false)
	if r.Method != http.MethodPost || begun == nil || begun.provider == "" {
		http.Error(w, "Invalid login session", http.StatusBadRequest)
		return
	}
	if r.PostForm.Has("email") {
		begun.email = strings.ToLower(r.PostForm.Get("email"))
		a.send(begun)
		show(w, http.StatusOK, askPin, name)
		return
	}
	a.take(name, true)
	if sent := a.Pin(begun.email); sent == "" || sent != r.PostForm.Get("pin") {
		show(w, http.StatusForbidden, denied, "The code is wrong, or too old.")
		return
	}
	a.forget(begun.email)
	a.finish(w, r, *begun, Visitor{Email: begun.email, Provider: begun.provider})
}

func (a *Access) send(begun *login) {
	a.state.Lock()
	decision := decide(begun.application.policies(a.state), Visitor{Email: begun.email, Provider: begun.provider})
	a.state.Unlock()
	if decision != "allow" {
		return
	}
	number, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err)
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.pins[begun.email] = fmt.Sprintf("%06d", number)
}

func (a *Access) forget(email string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.pins, email)
}

// Pin is the one that was sent to the address and not used yet.
func (a *Access) Pin(email string) string {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.pins[email]
}
