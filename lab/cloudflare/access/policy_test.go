package access

import (
	"encoding/json"
	"testing"
)

var (
	ann     = Visitor{Email: "Ann@Example.org", Provider: "keycloak", Claims: map[string]any{"groups": []any{"/staff", "/a/b"}}}
	bob     = Visitor{Email: "bob@elsewhere.org", Provider: "pin"}
	program = Visitor{Token: "token-1", Client: "x.access"}
	nobody  = Visitor{}
)

func policies(t *testing.T, content string) []Policy {
	t.Helper()
	var read []Policy
	if err := json.Unmarshal([]byte(content), &read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestDecide(t *testing.T) {
	domain := `{"decision":"allow","include":[{"email_domain":{"domain":"example.org"}}]`
	group := func(value string) string {
		return `[{"decision":"allow","include":[{"oidc":{"claim_name":"groups","claim_value":"` + value + `","identity_provider_id":"keycloak"}}]}]`
	}
	for name, each := range map[string]struct {
		policies string
		visitor  Visitor
		wanted   string
	}{
		"a domain, in whatever case":                {`[` + domain + `}]`, ann, "allow"},
		"another domain":                            {`[` + domain + `}]`, bob, "deny"},
		"a domain that only ends alike":             {`[` + domain + `}]`, Visitor{Email: "eve@notexample.org"}, "deny"},
		"an address":                                {`[{"decision":"allow","include":[{"email":{"email":"bob@elsewhere.org"}}]}]`, bob, "allow"},
		"no address is no address":                  {`[{"decision":"allow","include":[{"email":{"email":""}}]}]`, nobody, "deny"},
		"no policy":                                 {`[]`, ann, "deny"},
		"one of the groups":                         {group("/staff"), ann, "allow"},
		"a group of that name further down":         {group("/b"), ann, "deny"},
		"a claim of another provider":               {group("/staff"), Visitor{Provider: "pin", Claims: ann.Claims}, "deny"},
		"the login method":                          {`[{"decision":"allow","include":[{"login_method":{"id":"pin"}}]}]`, bob, "allow"},
		"required as well, and so":                  {`[` + domain + `,"require":[{"login_method":{"id":"keycloak"}}]}]`, ann, "allow"},
		"required as well, and not so":              {`[` + domain + `,"require":[{"login_method":{"id":"pin"}}]}]`, ann, "deny"},
		"excluded":                                  {`[` + domain + `,"exclude":[{"email":{"email":"ann@example.org"}}]}]`, ann, "deny"},
		"the first that holds":                      {`[{"decision":"deny","include":[{"everyone":{}}]},` + domain + `}]`, ann, "deny"},
		"the first that holds, the other way":       {`[` + domain + `},{"decision":"deny","include":[{"everyone":{}}]}]`, ann, "allow"},
		"everyone is no service token's policy":     {`[{"decision":"allow","include":[{"everyone":{}}]}]`, program, "deny"},
		"a service token":                           {`[{"decision":"non_identity","include":[{"service_token":{"token_id":"token-1"}}]}]`, program, "non_identity"},
		"another service token":                     {`[{"decision":"non_identity","include":[{"service_token":{"token_id":"token-2"}}]}]`, program, "deny"},
		"any service token":                         {`[{"decision":"non_identity","include":[{"any_valid_service_token":{}}]}]`, program, "non_identity"},
		"a person at a service token's policy":      {`[{"decision":"non_identity","include":[{"everyone":{}}]}]`, ann, "deny"},
		"bypass comes before all that ask for more": {`[{"decision":"deny","include":[{"everyone":{}}]},{"decision":"bypass","include":[{"everyone":{}}]}]`, nobody, "bypass"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := decide(policies(t, each.policies), each.visitor); got != each.wanted {
				t.Errorf("%s, wanted %s", got, each.wanted)
			}
		})
	}
}

func TestCovers(t *testing.T) {
	for _, each := range []struct {
		place, host, where string
		wanted             bool
	}{
		{"jupyter.example.org", "jupyter.example.org", "/hub/", true},
		{"jupyter.example.org", "Jupyter.Example.org", "/", true},
		{"jupyter.example.org", "example.org", "/", false},
		{"*.example.org", "ann.example.org", "/", true},
		{"*.example.org", "example.org", "/", false},
		{"*.example.org", "a.b.example.org", "/", false},
		{"example.org/admin", "example.org", "/admin", true},
		{"example.org/admin", "example.org", "/admin/users", true},
		{"example.org/admin", "example.org", "/administrator", false},
	} {
		if got := covers(each.place, each.host, each.where); got != each.wanted {
			t.Errorf("%s covers %s%s: %v", each.place, each.host, each.where, got)
		}
	}
}
