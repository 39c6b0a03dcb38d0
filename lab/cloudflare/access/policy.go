package access

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"jupyterhub-platform/lab/cloudflare/state"
)

// Rule is one condition of a policy; exactly one of its members is there.
type Rule struct {
	Email        *struct{ Email string }  `json:"email"`
	EmailDomain  *struct{ Domain string } `json:"email_domain"`
	Everyone     *struct{}                `json:"everyone"`
	LoginMethod  *struct{ ID string }     `json:"login_method"`
	AnyToken     *struct{}                `json:"any_valid_service_token"`
	ServiceToken *struct {
		ID string `json:"token_id"`
	} `json:"service_token"`
	OIDC *struct {
		Name     string `json:"claim_name"`
		Value    string `json:"claim_value"`
		Provider string `json:"identity_provider_id"`
	} `json:"oidc"`
}

// Policy decides about visitors that include any, require all and exclude none of its rules.
type Policy struct {
	ID                        string
	Decision                  string
	Include, Require, Exclude []Rule
}

func (r Rule) holds(visitor Visitor) bool {
	switch {
	case r.Everyone != nil:
		return true
	case r.Email != nil:
		return visitor.Email != "" && strings.EqualFold(r.Email.Email, visitor.Email)
	case r.EmailDomain != nil:
		_, domain, found := strings.Cut(visitor.Email, "@")
		return found && strings.EqualFold(domain, r.EmailDomain.Domain)
	case r.LoginMethod != nil:
		return r.LoginMethod.ID == visitor.Provider
	case r.AnyToken != nil:
		return visitor.Token != ""
	case r.ServiceToken != nil:
		return r.ServiceToken.ID == visitor.Token
	case r.OIDC != nil:
		return r.OIDC.Provider == visitor.Provider && claims(visitor.Claims[r.OIDC.Name], r.OIDC.Value)
	}
	return false
}

// claims tells whether a claim is the value, or a list that holds it.
func claims(claim any, wanted string) bool {
	if list, ok := claim.([]any); ok {
		return slices.ContainsFunc(list, func(each any) bool { return fmt.Sprint(each) == wanted })
	}
	return claim != nil && fmt.Sprint(claim) == wanted
}

func (p Policy) holds(visitor Visitor) bool {
	holds := func(rule Rule) bool { return rule.holds(visitor) }
	fails := func(rule Rule) bool { return !rule.holds(visitor) }
	return slices.ContainsFunc(p.Include, holds) && !slices.ContainsFunc(p.Require, fails) &&
		!slices.ContainsFunc(p.Exclude, holds)
}

// decide is the first decision that holds: bypass and service auth are judged before those that need to know a person.
func decide(policies []Policy, visitor Visitor) string {
	for _, kinds := range [][]string{{"bypass", "non_identity"}, {"allow", "deny"}} {
		for _, policy := range policies {
			known := policy.Decision == "bypass" || (visitor.Token != "") == (policy.Decision == "non_identity")
			if known && slices.Contains(kinds, policy.Decision) && policy.holds(visitor) {
				return policy.Decision
			}
		}
	}
	return "deny"
}

// Application is a place that Access guards.
type Application struct {
	ID           string
	Name         string
	Domain       string
	Domains      []string               `json:"self_hosted_domains"`
	Destinations []struct{ URI string } `json:"destinations"`
	Audience     string                 `json:"aud"`
	Allowed      []string               `json:"allowed_idps"`
	Redirect     bool                   `json:"auto_redirect_to_identity"`
	Session      string                 `json:"session_duration"`
	HTTPOnly     bool                   `json:"http_only_cookie_attribute"`
	SameSite     string                 `json:"same_site_cookie_attribute"`
	Refuse       bool                   `json:"service_auth_401_redirect"`
	Bound        bool                   `json:"enable_binding_cookie"`
	Attached     []struct {
		ID         string
		Precedence float64
	} `json:"policies"`
}

// policies of the application, the first to be judged first.
func (a Application) policies(s *state.State) []Policy {
	attached := slices.Clone(a.Attached)
	sort.Slice(attached, func(i, j int) bool { return attached[i].Precedence < attached[j].Precedence })
	found := []Policy{}
	for _, each := range attached {
		if document := s.Find(state.Policies, each.ID); document != nil {
			found = append(found, state.As[Policy](document))
		}
	}
	return found
}
