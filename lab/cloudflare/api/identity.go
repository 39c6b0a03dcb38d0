package api

import (
	"net/http"
	"net/url"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

var provider = resource{
	area:       ofAccess,
	kind:       state.IdentityProviders,
	path:       account + "access/identity_providers",
	permission: state.IdentityPermission,
	shape: shape.Object(shape.Members{
		"name": shape.Text, "type": shape.OneOf("oidc", "onetimepin"),
		"config": shape.Object(shape.Members{
			"client_id": shape.Text, "client_secret": shape.Text, "auth_url": shape.Text, "token_url": shape.Text,
			"certs_url": shape.Text, "pkce_enabled": shape.Truth, "scopes": shape.List(shape.Text),
			"claims": shape.List(shape.Text), "email_claim_name": shape.Text, "prompt": shape.Text,
			// Computed by the API; a caller that read it says it again.
			"redirect_url": shape.Text,
		}),
		"scim_config": shape.Object(shape.Members{
			"enabled": shape.Truth, "user_deprovision": shape.Truth, "seat_deprovision": shape.Truth,
			"identity_update_behavior": shape.Text, "scim_base_url": shape.Text,
		}),
	}, "name", "type", "config"),
	missing:  refuse(http.StatusNotFound, 12135, "access.api.error.identity_provider_not_found"),
	made:     http.StatusCreated,
	replace:  true,
	complete: completeProvider,
	remove:   removeProvider,
	show:     showProvider,
}

func completeProvider(s *state.State, document, before state.Document) *refusal {
	keep(document, before, state.Document{"id": state.UUID()})
	fill(document, state.Document{"scim_config": state.Document{
		"enabled": false, "user_deprovision": false, "seat_deprovision": false, "identity_update_behavior": "no_action",
	}})
	config := document["config"].(state.Document)
	for _, other := range s.All(state.IdentityProviders) {
		if document["type"] == "onetimepin" && other["type"] == "onetimepin" && other["id"] != document["id"] {
			return refuse(http.StatusConflict, 12132, "access.api.error.conflict: one-time PIN is there already")
		}
	}
	config["redirect_url"] = "https://" + s.Account.AuthDomain() + "/cdn-cgi/access/callback"
	if document["type"] == "onetimepin" {
		return nil
	}
	if before != nil {
		// The secret is never read back, so a caller that changes the rest cannot say it again.
		fill(config, state.Document{"client_secret": before["config"].(state.Document)["client_secret"]})
	}
	for _, needed := range []string{"client_id", "client_secret", "auth_url", "token_url", "certs_url"} {
		if text, _ := config[needed].(string); text == "" {
			return ofAccess.bad("config." + needed + " is missing")
		}
	}
	for _, address := range []string{"auth_url", "token_url", "certs_url"} {
		if read, err := url.Parse(config[address].(string)); err != nil || read.Host == "" {
			return ofAccess.bad("config." + address + " is not an address")
		}
	}
	return nil
}

func removeProvider(s *state.State, document state.Document) *refusal {
	for _, used := range state.AllAs[struct {
		Allowed []string `json:"allowed_idps"`
	}](s, state.Applications) {
		for _, id := range used.Allowed {
			if id == document["id"] {
				return ofAccess.bad("the identity provider is used by an application")
			}
		}
	}
	s.Remove(state.IdentityProviders, document["id"].(string))
	return nil
}

func showProvider(_ *state.State, document state.Document) state.Document {
	delete(document["config"].(state.Document), "client_secret")
	return document
}
