package api

import (
	"fmt"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

// ofAccess is the number under which Access refuses any request it does not understand.
var ofAccess = area{12130, "access.api.error.invalid_request: "}

// rule is what a policy may ask of a request: those kinds that this edge can judge.
var rule = shape.Single(shape.Members{
	"email":                   shape.Object(shape.Members{"email": shape.Text}, "email"),
	"email_domain":            shape.Object(shape.Members{"domain": shape.Text}, "domain"),
	"everyone":                shape.Object(shape.Members{}),
	"login_method":            shape.Object(shape.Members{"id": shape.Text}, "id"),
	"any_valid_service_token": shape.Object(shape.Members{}),
	"service_token":           shape.Object(shape.Members{"token_id": shape.Text}, "token_id"),
	"oidc": shape.Object(shape.Members{
		"claim_name": shape.Text, "claim_value": shape.Text, "identity_provider_id": shape.Text,
	}, "claim_name", "claim_value", "identity_provider_id"),
})

var rules = shape.List(rule)

// referenced finds a rule that speaks of something the account does not have.
func referenced(s *state.State, document state.Document) error {
	type named struct {
		LoginMethod  *struct{ ID string } `json:"login_method"`
		ServiceToken *struct {
			ID string `json:"token_id"`
		} `json:"service_token"`
		OIDC *struct {
			Provider string `json:"identity_provider_id"`
		} `json:"oidc"`
	}
	all := state.As[struct{ Include, Exclude, Require []named }](document)
	for _, each := range append(append(all.Include, all.Exclude...), all.Require...) {
		if each.LoginMethod != nil && s.Find(state.IdentityProviders, each.LoginMethod.ID) == nil {
			return fmt.Errorf("the identity provider %s does not exist", each.LoginMethod.ID)
		}
		if each.OIDC != nil && s.Find(state.IdentityProviders, each.OIDC.Provider) == nil {
			return fmt.Errorf("the identity provider %s does not exist", each.OIDC.Provider)
		}
		if each.ServiceToken != nil && s.Find(state.ServiceTokens, each.ServiceToken.ID) == nil {
			return fmt.Errorf("the service token %s does not exist", each.ServiceToken.ID)
		}
	}
	return nil
}
