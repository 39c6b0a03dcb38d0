package api

import (
	"net/http"

	"jupyterhub-platform/lab/cloudflare/state"
)

// offerAccount answers about what exists already: the zone, the organisation and the caller's token.
func (s *server) offerAccount() {
	s.mux.HandleFunc("GET "+Base+"/user/tokens/verify", s.verify)
	s.handle("GET", "zones/{zone}", state.ZonePermission, func(w http.ResponseWriter, _ *http.Request) *refusal {
		accept(w, http.StatusOK, s.zone())
		return nil
	})
	s.handle("GET", "zones", state.ZonePermission, func(w http.ResponseWriter, r *http.Request) *refusal {
		found := []state.Document{}
		if matches(s.zone(), r) {
			found = append(found, s.zone())
		}
		page(w, r, found)
		return nil
	})
	organization := func(w http.ResponseWriter, _ *http.Request) *refusal {
		accept(w, http.StatusOK, state.Document{
			"auth_domain": s.Account.AuthDomain(), "name": s.Account.Team, "session_duration": "24h",
			"auto_redirect_to_identity": false, "is_ui_read_only": false, "allow_authenticate_via_warp": false,
		})
		return nil
	}
	s.handle("GET", account+"access/organizations", state.IdentityPermission, organization)
}

// verify asks for no permission: a token may always know whether it is one.
func (s *server) verify(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	token, no := s.token(r)
	if no != nil {
		no.write(w)
		return
	}
	accept(w, http.StatusOK, state.Document{"id": token.ID, "status": token.Status})
}

func (s *server) zone() state.Document {
	return state.Document{
		"id": s.Account.Zone, "name": s.Account.Domain, "status": "active", "type": "full", "paused": false,
		"account":      state.Document{"id": s.Account.ID, "name": s.Account.Team},
		"name_servers": []string{"ann.ns.cloudflare.com", "bob.ns.cloudflare.com"},
	}
}
