package api

import (
	"net/http"
	"time"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

var policy = resource{
	area:       ofAccess,
	kind:       state.Policies,
	path:       account + "access/policies",
	permission: state.AccessPermission,
	shape: shape.Object(shape.Members{
		"name": shape.Text, "decision": shape.OneOf("allow", "deny", "non_identity", "bypass"),
		"include": rules, "exclude": rules, "require": rules, "session_duration": shape.Text,
		"approval_required": shape.Truth, "isolation_required": shape.Truth, "purpose_justification_required": shape.Truth,
	}, "name", "decision", "include"),
	missing:  refuse(http.StatusNotFound, 12083, "access.api.error.policy_not_found"),
	made:     http.StatusCreated,
	replace:  true,
	complete: completePolicy,
	remove:   removePolicy,
	show:     showPolicy,
}

func completePolicy(s *state.State, document, before state.Document) *refusal {
	keep(document, before, state.Document{"id": state.UUID(), "created_at": state.Now()})
	document["uid"] = document["id"]
	document["updated_at"] = state.Now()
	document["reusable"] = true
	fill(document, state.Document{"exclude": []any{}, "require": []any{}, "session_duration": "24h"})
	if len(document["include"].([]any)) == 0 {
		return ofAccess.bad("include must have at least one rule")
	}
	if err := referenced(s, document); err != nil {
		return ofAccess.bad(err.Error())
	}
	return lasting(document)
}

// lasting refuses a session that is no duration, as "7d" is none.
func lasting(document state.Document) *refusal {
	if _, err := time.ParseDuration(document["session_duration"].(string)); err != nil {
		return ofAccess.bad("session_duration must be a duration of the units ns, us, ms, s, m and h")
	}
	return nil
}

func removePolicy(s *state.State, document state.Document) *refusal {
	if applicationsOf(s, document["id"].(string)) > 0 {
		return ofAccess.bad("the policy is attached to an application")
	}
	s.Remove(state.Policies, document["id"].(string))
	return nil
}

func showPolicy(s *state.State, document state.Document) state.Document {
	document["app_count"] = applicationsOf(s, document["id"].(string))
	return document
}

func applicationsOf(s *state.State, policy string) int {
	count := 0
	for _, application := range state.AllAs[struct{ Policies []struct{ ID string } }](s, state.Applications) {
		for _, used := range application.Policies {
			if used.ID == policy {
				count++
			}
		}
	}
	return count
}
