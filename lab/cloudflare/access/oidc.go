package access

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"jupyterhub-platform/lab/cloudflare/state"
)

func (p Provider) config() *oauth2.Config {
	scopes := p.Config.Scopes
	if len(scopes) == 0 {
		scopes = []string{"openid", "email", "profile"}
	}
	return &oauth2.Config{
		ClientID: p.Config.Client, ClientSecret: p.Config.Secret, RedirectURL: p.Config.Redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.Config.Authorise, TokenURL: p.Config.Token},
	}
}

// ask is the address where the provider asks the visitor who they are.
func (p Provider) ask(name string, begun *login) string {
	options := []oauth2.AuthCodeOption{}
	if p.Config.PKCE {
		begun.verifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(begun.verifier))
	}
	if p.Config.Prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", p.Config.Prompt))
	}
	return p.config().AuthCodeURL(name, options...)
}

// callback is where the provider sends the visitor back to.
func (a *Access) callback(w http.ResponseWriter, r *http.Request) {
	begun := a.take(r.URL.Query().Get("state"), true)
	if begun == nil || begun.provider == "" {
		http.Error(w, "Invalid login session", http.StatusBadRequest)
		return
	}
	a.state.Lock()
	provider := begun.application.provider(a.state, begun.provider)
	a.state.Unlock()
	if provider == nil {
		http.Error(w, "Invalid login session", http.StatusBadRequest)
		return
	}
	visitor, err := provider.visitor(r.Context(), r.URL.Query(), begun.verifier)
	if err != nil {
		log.Printf("the identity provider %s: %v", provider.Name, err)
		http.Error(w, "Failed to authenticate with the identity provider", http.StatusUnauthorized)
		return
	}
	a.finish(w, r, *begun, visitor)
}

// visitor is who the provider says somebody is, by a token that it has signed.
func (p Provider) visitor(ctx context.Context, answer url.Values, verifier string) (Visitor, error) {
	if refused := answer.Get("error"); refused != "" {
		return Visitor{}, fmt.Errorf("%s: %s", refused, answer.Get("error_description"))
	}
	options := []oauth2.AuthCodeOption{}
	if verifier != "" {
		options = append(options, oauth2.VerifierOption(verifier))
	}
	tokens, err := p.config().Exchange(ctx, answer.Get("code"), options...)
	if err != nil {
		return Visitor{}, err
	}
	identity, _ := tokens.Extra("id_token").(string)
	// Access is told no issuer, only where the keys are.
	check := &oidc.Config{ClientID: p.Config.Client, SkipIssuerCheck: true}
	read, err := oidc.NewVerifier("", oidc.NewRemoteKeySet(ctx, p.Config.Keys), check).Verify(ctx, identity)
	if err != nil {
		return Visitor{}, err
	}
	all := state.Document{}
	if err := read.Claims(&all); err != nil {
		return Visitor{}, err
	}
	return p.known(all)
}

// known keeps of all claims the address and those that the provider is set to pass on.
func (p Provider) known(all state.Document) (Visitor, error) {
	name := p.Config.EmailClaim
	if name == "" {
		name = "email"
	}
	email, _ := all[name].(string)
	if !strings.Contains(email, "@") {
		return Visitor{}, fmt.Errorf("the claim %s is no address", name)
	}
	visitor := Visitor{Email: strings.ToLower(email), Provider: p.ID, Claims: map[string]any{}}
	for _, claim := range p.Config.Claims {
		if value, there := all[claim]; there {
			visitor.Claims[claim] = value
		}
	}
	return visitor, nil
}
