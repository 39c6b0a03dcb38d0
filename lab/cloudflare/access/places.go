package access

import (
	"path"
	"strings"

	"jupyterhub-platform/lab/cloudflare/state"
)

// applicationAt is the one that guards the address: of several, the one that says most of it.
func applicationAt(s *state.State, host, where string) *Application {
	var found *Application
	longest := 0
	for _, each := range state.AllAs[Application](s, state.Applications) {
		places := append([]string{each.Domain}, each.Domains...)
		for _, destination := range each.Destinations {
			places = append(places, destination.URI)
		}
		for _, place := range places {
			if covers(place, host, where) && len(place) > longest {
				found, longest = &each, len(place)
			}
		}
	}
	return found
}

// covers tells whether a place, as example.org/admin or *.example.org, holds the address. A star ends at a dot.
func covers(place, host, where string) bool {
	name, below, _ := strings.Cut(place, "/")
	labels := func(dotted string) string { return strings.ReplaceAll(strings.ToLower(dotted), ".", "/") }
	if fits, err := path.Match(labels(name), labels(host)); err != nil || !fits {
		return false
	}
	below = "/" + strings.TrimSuffix(below, "/")
	return below == "/" || where == below || strings.HasPrefix(where, below+"/")
}
