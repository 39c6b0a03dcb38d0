package api

import (
	"net/http"
	"slices"

	"jupyterhub-platform/lab/cloudflare/state"
)

// said holds, beside each object, the members its maker gave: what a PATCH without a member leaves as it was.
const said = "\x00said"

func (s *server) list(r resource) act {
	return func(w http.ResponseWriter, request *http.Request) *refusal {
		found := []state.Document{}
		for _, document := range s.All(r.kind) {
			if matches(document, request) {
				found = append(found, r.seen(s.State, document))
			}
		}
		page(w, request, found)
		return nil
	}
}

// matches tells whether a list that was narrowed by a name, a type or another member in the query holds the object.
func matches(document state.Document, request *http.Request) bool {
	for name, wanted := range request.URL.Query() {
		if name == "is_deleted" {
			if (wanted[0] == "true") != (document["deleted_at"] != nil) {
				return false
			}
		} else if text, ok := document[name].(string); ok && !slices.Contains(wanted, text) {
			return false
		}
	}
	return true
}

func (s *server) read(r resource) act {
	return func(w http.ResponseWriter, request *http.Request) *refusal {
		document := s.Find(r.kind, request.PathValue("id"))
		if document == nil {
			return r.missing
		}
		accept(w, http.StatusOK, r.seen(s.State, document))
		return nil
	}
}

func (s *server) make(r resource) act {
	return func(w http.ResponseWriter, request *http.Request) *refusal {
		document, no := r.said(request, nil)
		if no != nil {
			return no
		}
		return s.store(w, r, document, nil)
	}
}

func (s *server) write(r resource, patch bool) act {
	return func(w http.ResponseWriter, request *http.Request) *refusal {
		before := s.Find(r.kind, request.PathValue("id"))
		if before == nil {
			return r.missing
		}
		kept := state.Document{}
		if patch {
			kept = state.Copy(before[said].(state.Document))
		}
		document, no := r.said(request, kept)
		if no != nil {
			return no
		}
		return s.store(w, r, document, before)
	}
}

func (s *server) store(w http.ResponseWriter, r resource, document, before state.Document) *refusal {
	given := state.Copy(document)
	if no := r.complete(s.State, document, before); no != nil {
		return no
	}
	document[said] = given
	s.Put(r.kind, document)
	status := http.StatusOK
	if before == nil && r.made != 0 {
		status = r.made
	}
	if r.answered != nil {
		accept(w, status, r.answered(s.State, document))
		return nil
	}
	accept(w, status, r.seen(s.State, document))
	return nil
}

func (s *server) remove(r resource) act {
	return func(w http.ResponseWriter, request *http.Request) *refusal {
		document := s.Find(r.kind, request.PathValue("id"))
		if document == nil {
			return r.missing
		}
		if r.remove == nil {
			s.Remove(r.kind, request.PathValue("id"))
			accept(w, http.StatusOK, state.Document{"id": document["id"]})
			return nil
		}
		if no := r.remove(s.State, document); no != nil {
			return no
		}
		accept(w, http.StatusOK, r.seen(s.State, document))
		return nil
	}
}

func (r resource) seen(s *state.State, document state.Document) state.Document {
	shown := state.Copy(document)
	if r.show != nil {
		shown = r.show(s, shown)
	}
	return withoutSaid(shown)
}

func withoutSaid(document state.Document) state.Document {
	delete(document, said)
	return document
}

// keep carries over what an object was given when it was made.
func keep(document, before state.Document, fresh state.Document) {
	for name, value := range fresh {
		document[name] = value
		if before != nil {
			document[name] = before[name]
		}
	}
}

// fill gives a value to what the maker left open.
func fill(document state.Document, values state.Document) {
	for name, value := range values {
		if _, ok := document[name]; !ok {
			document[name] = value
		}
	}
}

// Everything there is, by its kind, as a reader of each would see it.
func Everything(s *state.State) map[string][]state.Document {
	found := map[string][]state.Document{}
	for _, each := range []resource{tunnel, configuration, record, application, policy, provider, serviceToken, certificate} {
		found[each.kind] = []state.Document{}
		for _, document := range s.All(each.kind) {
			found[each.kind] = append(found[each.kind], each.seen(s, document))
		}
	}
	return found
}
