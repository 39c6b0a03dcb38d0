package api

import (
	"net/http"
	"time"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

var serviceToken = resource{
	area:       ofAccess,
	kind:       state.ServiceTokens,
	path:       account + "access/service_tokens",
	permission: state.ServicePermission,
	shape: shape.Object(shape.Members{
		"name": shape.Text, "duration": shape.Text, "client_secret_version": shape.Number,
		"previous_client_secret_expires_at": shape.Text,
	}, "name"),
	missing:  refuse(http.StatusNotFound, 12133, "access.api.error.service_token_not_found"),
	made:     http.StatusCreated,
	replace:  true,
	complete: completeServiceToken,
	remove:   removeServiceToken,
	show:     showServiceToken,
	answered: answerServiceToken,
}

func completeServiceToken(_ *state.State, document, before state.Document) *refusal {
	keep(document, before, state.Document{
		"id": state.UUID(), "client_id": state.Hex(16) + ".access", "client_secret": state.Hex(32), "created_at": state.Now(),
	})
	document["updated_at"] = state.Now()
	fill(document, state.Document{"duration": "8760h", "client_secret_version": float64(1)})
	lasts, err := time.ParseDuration(document["duration"].(string))
	if err != nil {
		return ofAccess.bad("duration must be a duration of the units ns, us, ms, s, m and h")
	}
	document["expires_at"] = time.Now().Add(lasts).UTC().Format(time.RFC3339)
	document["fresh"] = before == nil
	if before == nil {
		return nil
	}
	document["expires_at"] = before["expires_at"]
	switch was := before["client_secret_version"].(float64); {
	case document["client_secret_version"].(float64) < was:
		return ofAccess.bad("client_secret_version can only grow")
	case document["client_secret_version"].(float64) > was:
		renew(document)
	}
	return nil
}

// renew gives a new secret. The one before stays good until the time its owner named, if any was.
func renew(document state.Document) {
	document["previous_client_secret"] = document["client_secret"]
	document["client_secret"] = state.Hex(32)
	document["fresh"] = true
}

func removeServiceToken(s *state.State, document state.Document) *refusal {
	type named struct {
		Token *struct {
			ID string `json:"token_id"`
		} `json:"service_token"`
	}
	for _, policy := range state.AllAs[struct{ Include, Require, Exclude []named }](s, state.Policies) {
		for _, rule := range append(append(policy.Include, policy.Require...), policy.Exclude...) {
			if rule.Token != nil && rule.Token.ID == document["id"] {
				return ofAccess.bad("the service token is used by a policy")
			}
		}
	}
	s.Remove(state.ServiceTokens, document["id"].(string))
	return nil
}

func showServiceToken(_ *state.State, document state.Document) state.Document {
	for _, hidden := range []string{"client_secret", "previous_client_secret", "fresh"} {
		delete(document, hidden)
	}
	return document
}

// answerServiceToken tells the secret this once, to whom it was just made for.
func answerServiceToken(s *state.State, document state.Document) state.Document {
	shown := withoutSaid(showServiceToken(s, state.Copy(document)))
	if document["fresh"] == true {
		shown["client_secret"] = document["client_secret"]
	}
	return shown
}

func (s *server) offerRotation() {
	s.handle("POST", serviceToken.path+"/{id}/rotate", state.ServicePermission, func(w http.ResponseWriter, r *http.Request) *refusal {
		document := s.Find(state.ServiceTokens, r.PathValue("id"))
		if document == nil {
			return serviceToken.missing
		}
		document["client_secret_version"] = document["client_secret_version"].(float64) + 1
		renew(document)
		accept(w, http.StatusOK, answerServiceToken(s.State, document))
		return nil
	})
}
