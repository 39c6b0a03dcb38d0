package api

import (
	"fmt"
	"net/http"
	"strings"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

var application = resource{
	area:       ofAccess,
	kind:       state.Applications,
	path:       account + "access/apps",
	permission: state.AccessPermission,
	shape: shape.Object(shape.Members{
		"name": shape.Text, "type": shape.Text, "domain": shape.Text, "session_duration": shape.Text,
		"allowed_idps": shape.List(shape.Text), "auto_redirect_to_identity": shape.Truth, "app_launcher_visible": shape.Truth,
		"skip_app_launcher_login_page": shape.Truth, "enable_binding_cookie": shape.Truth,
		"http_only_cookie_attribute": shape.Truth, "same_site_cookie_attribute": shape.OneOf("none", "lax", "strict"),
		"path_cookie_attribute": shape.Truth, "options_preflight_bypass": shape.Truth, "service_auth_401_redirect": shape.Truth,
		"skip_interstitial": shape.Truth, "allow_iframe": shape.Truth, "allow_authenticate_via_warp": shape.Truth,
		"logo_url": shape.Text, "custom_deny_message": shape.Text, "custom_deny_url": shape.Text,
		"custom_non_identity_deny_url": shape.Text, "tags": shape.List(shape.Text),
		"self_hosted_domains": shape.List(shape.Text),
		"destinations":        shape.List(shape.Object(shape.Members{"type": shape.OneOf("public"), "uri": shape.Text}, "uri")),
		"policies":            shape.List(shape.Object(shape.Members{"id": shape.Text, "precedence": shape.Number}, "id")),
	}),
	missing:  refuse(http.StatusNotFound, 11021, "access.api.error.unknown_application"),
	made:     http.StatusCreated,
	replace:  true,
	complete: completeApplication,
	show:     showApplication,
}

func completeApplication(s *state.State, document, before state.Document) *refusal {
	// What an empty body is answered with: the type is looked at first.
	if document["type"] != "self_hosted" {
		return ofAccess.bad("app type is missing or invalid")
	}
	keep(document, before, state.Document{"id": state.UUID(), "aud": state.Hex(32), "created_at": state.Now()})
	document["uid"] = document["id"]
	document["updated_at"] = state.Now()
	fill(document, state.Document{
		"name": document["domain"], "session_duration": "24h", "app_launcher_visible": true, "allowed_idps": []any{},
		"auto_redirect_to_identity": false, "enable_binding_cookie": false, "http_only_cookie_attribute": true,
		"policies": []any{}, "tags": []any{}, "options_preflight_bypass": false,
	})
	if no := placed(s, document); no != nil {
		return no
	}
	if no := lasting(document); no != nil {
		return no
	}
	if no := providers(s, document); no != nil {
		return no
	}
	return attached(s, document)
}

// placed settles where the application is: one host name of the zone, that no other application has.
func placed(s *state.State, document state.Document) *refusal {
	named := state.As[struct {
		Domain       string
		Domains      []string `json:"self_hosted_domains"`
		Destinations []struct{ URI string }
	}](document)
	domain := named.Domain
	if domain == "" && len(named.Destinations) > 0 {
		domain = named.Destinations[0].URI
	}
	if domain == "" && len(named.Domains) > 0 {
		domain = named.Domains[0]
	}
	if domain == "" {
		return ofAccess.bad("domain is missing")
	}
	host, _, _ := strings.Cut(domain, "/")
	if host != s.Account.Domain && !strings.HasSuffix(host, "."+s.Account.Domain) {
		return ofAccess.bad("domain does not belong to zone")
	}
	for _, other := range s.All(state.Applications) {
		if other["domain"] == domain && other["id"] != document["id"] {
			return refuse(http.StatusConflict, 11010, "access.api.error.application_already_exists: access application already exists")
		}
	}
	document["domain"] = domain
	fill(document, state.Document{
		"self_hosted_domains": []any{domain}, "destinations": []any{state.Document{"type": "public", "uri": domain}},
	})
	return nil
}

func providers(s *state.State, document state.Document) *refusal {
	allowed := document["allowed_idps"].([]any)
	for _, id := range allowed {
		if s.Find(state.IdentityProviders, id.(string)) == nil {
			return ofAccess.bad(fmt.Sprintf("the identity provider %s does not exist", id))
		}
	}
	// The documentation: "when set to true, users skip the identity provider selection step during login. You must
	// specify only one identity provider in allowed_idps".
	if document["auto_redirect_to_identity"] == true && len(allowed) != 1 {
		return ofAccess.bad("auto_redirect_to_identity needs exactly one identity provider in allowed_idps")
	}
	return nil
}

// attached refuses a policy the account does not have, and two in one place.
func attached(s *state.State, document state.Document) *refusal {
	taken := map[any]bool{}
	for index, each := range document["policies"].([]any) {
		used := each.(state.Document)
		if s.Find(state.Policies, used["id"].(string)) == nil {
			return ofAccess.bad(fmt.Sprintf("the policy %s does not exist", used["id"]))
		}
		fill(used, state.Document{"precedence": float64(index + 1)})
		if taken[used["precedence"]] {
			return ofAccess.bad("policy precedences must be unique")
		}
		taken[used["precedence"]] = true
	}
	return nil
}

// showApplication spells out the policies that an application only refers to.
func showApplication(s *state.State, document state.Document) state.Document {
	spelled := []any{}
	for _, each := range document["policies"].([]any) {
		used := each.(state.Document)
		full := withoutSaid(showPolicy(s, state.Copy(s.Find(state.Policies, used["id"].(string)))))
		full["precedence"] = used["precedence"]
		spelled = append(spelled, full)
	}
	document["policies"] = spelled
	return document
}
