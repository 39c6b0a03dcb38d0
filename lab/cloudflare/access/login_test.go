package access

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"jupyterhub-platform/lab/cloudflare/state"
)

const (
	hub  = "jupyter.example.org"
	team = "example.cloudflareaccess.com"
)

// identity is an identity provider of a test: it says whatever the test wants said of who comes.
type identity struct {
	*httptest.Server
	key       jose.JSONWebKey
	claims    map[string]any
	challenge string
	verifier  string
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	i := &identity{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/auth", func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Query()
		i.challenge = asked.Get("code_challenge")
		http.Redirect(w, r, asked.Get("redirect_uri")+"?code=one&state="+asked.Get("state"), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		i.verifier = r.PostFormValue("code_verifier")
		token, err := SignWith(i.key, i.claims)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": token})
	})
	mux.HandleFunc("/certs", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	i.says("ann@example.org", "/staff")
	return i
}

func (i *identity) says(email string, groups ...string) {
	i.claims = map[string]any{
		"aud": "client", "exp": time.Now().Add(time.Minute).Unix(), "email": email, "groups": groups, "secret": "not asked for",
	}
}

// world is Access before an application that tells what reached it, and a browser that finds both by their names.
func world(t *testing.T, provider *identity) (*Access, *http.Client) {
	t.Helper()
	known := state.New(state.Account{ID: "a", Zone: "z", Domain: "example.org", Team: "example"})
	known.Put(state.IdentityProviders, state.Document{"id": "keycloak", "type": "oidc", "name": "Keycloak", "config": state.Document{
		"client_id": "client", "client_secret": "secret", "pkce_enabled": true, "claims": []any{"groups"},
		"auth_url": provider.URL + "/auth", "token_url": provider.URL + "/token", "certs_url": provider.URL + "/certs",
		"redirect_url": "https://" + team + "/cdn-cgi/access/callback",
	}})
	known.Put(state.Policies, state.Document{"id": "people", "decision": "allow", "include": []any{
		state.Document{"oidc": state.Document{"claim_name": "groups", "claim_value": "/staff", "identity_provider_id": "keycloak"}},
	}})
	known.Put(state.Applications, state.Document{
		"id": "app", "aud": "audience", "domain": hub, "session_duration": "1h", "http_only_cookie_attribute": true,
		"allowed_idps": []any{"keycloak"}, "auto_redirect_to_identity": true, "enable_binding_cookie": true,
		"policies": []any{state.Document{"id": "people", "precedence": 1}},
	})
	guard, err := New(known, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(r.Header)
	}))
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return guard, &http.Client{Jar: jar, Transport: byName{guard}}
}

// byName hands requests for the names of the stand-in to it, and all others to the network.
type byName struct{ ours http.Handler }

func (b byName) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "http" {
		return http.DefaultTransport.RoundTrip(r)
	}
	recorder := httptest.NewRecorder()
	inside := r.Clone(r.Context())
	inside.Host = r.URL.Host
	b.ours.ServeHTTP(recorder, inside)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}

func get(t *testing.T, browser *http.Client, address string) (int, string) {
	t.Helper()
	response, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestLoginThroughAProvider(t *testing.T) {
	provider := newIdentity(t)
	guard, browser := world(t, provider)
	status, content := get(t, browser, "https://"+hub+"/hub/home?x=1")
	if status != http.StatusOK || provider.challenge == "" || provider.verifier == "" {
		t.Fatal(status, content, provider.challenge, provider.verifier)
	}
	var reached http.Header
	if err := json.Unmarshal([]byte(content), &reached); err != nil {
		t.Fatal(err)
	}
	claims, err := guard.Keys.Read(reached.Get(assertion))
	if err != nil || claims.Email != "ann@example.org" || claims.Issuer != "https://"+team || claims.Audience[0] != "audience" {
		t.Error(claims, err)
	}
	if len(claims.Custom) != 1 || claims.Custom["groups"] == nil {
		t.Errorf("only the claims that were asked for are passed on: %v", claims.Custom)
	}
	if strings.Contains(reached.Get("Cookie"), binding) || !strings.Contains(reached.Get("Cookie"), cookie) {
		t.Errorf("the application sees %s", reached.Get("Cookie"))
	}
}

func TestRefusedLogins(t *testing.T) {
	for name, each := range map[string]struct {
		change func(*identity)
		wanted int
	}{
		"no group that a policy names":  {func(i *identity) { i.says("ann@example.org", "/guests") }, http.StatusForbidden},
		"no address":                    {func(i *identity) { i.says("") }, http.StatusUnauthorized},
		"a token for another client":    {func(i *identity) { i.claims["aud"] = "other" }, http.StatusUnauthorized},
		"a token of yesterday":          {func(i *identity) { i.claims["exp"] = 1 }, http.StatusUnauthorized},
		"a token that another has made": {func(i *identity) { i.key, _ = NewKey() }, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			provider := newIdentity(t)
			each.change(provider)
			_, browser := world(t, provider)
			if status, content := get(t, browser, "https://"+hub+"/"); status != each.wanted {
				t.Error(status, content)
			}
		})
	}
}

func TestATokenAloneIsNotEnough(t *testing.T) {
	_, browser := world(t, newIdentity(t))
	get(t, browser, "https://"+hub+"/")
	stolen, err := http.NewRequest(http.MethodGet, "https://"+hub+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range browser.Jar.Cookies(&url.URL{Scheme: "https", Host: hub}) {
		if each.Name == cookie {
			stolen.AddCookie(each)
		}
	}
	response, err := browser.Transport.RoundTrip(stolen)
	if err != nil || response.StatusCode != http.StatusFound {
		t.Error(response.StatusCode, err)
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	guard, browser := world(t, newIdentity(t))
	get(t, browser, "https://"+hub+"/")
	before := browser.Jar.Cookies(&url.URL{Scheme: "https", Host: hub})
	get(t, browser, "https://"+hub+ownPaths+"logout")
	again := httptest.NewRequest(http.MethodGet, "https://"+hub+"/", nil)
	for _, each := range before {
		again.AddCookie(each)
	}
	recorder := httptest.NewRecorder()
	guard.ServeHTTP(recorder, again)
	if recorder.Code != http.StatusFound {
		t.Errorf("the token of before is still good: %d", recorder.Code)
	}
}

func TestWhereALoginLeads(t *testing.T) {
	for _, where := range []string{"//evil.example", `/\evil.example`, "https://evil.example/"} {
		_, browser := world(t, newIdentity(t))
		response, err := browser.Get("https://" + team + ownPaths + "login/" + hub + "?kid=audience&redirect_url=" + url.QueryEscape(where))
		if err != nil {
			t.Fatal(err)
		}
		if response.Request.URL.String() != "https://"+hub+"/" {
			t.Errorf("%s leads to %s", where, response.Request.URL)
		}
	}
}

func TestWhatAVisitorClaimsOfItselfIsNotPassedOn(t *testing.T) {
	guard, _ := world(t, newIdentity(t))
	// Nothing guards this host, so nothing that Access says can be true there.
	asked := httptest.NewRequest(http.MethodGet, "https://open.example.org/", nil)
	asked.Header.Set(assertion, "forged")
	asked.Header.Set("cf-access-authenticated-user-email", "root@example.org")
	recorder := httptest.NewRecorder()
	guard.ServeHTTP(recorder, asked)
	if content := recorder.Body.String(); recorder.Code != http.StatusOK || strings.Contains(content, "forged") || strings.Contains(content, "root@") {
		t.Error(recorder.Code, content)
	}
}
