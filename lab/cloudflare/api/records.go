package api

import (
	"net/http"
	"slices"
	"strings"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

var ofRecords = area{1004, "DNS Validation Error: "}

var record = resource{
	area:       ofRecords,
	kind:       state.Records,
	path:       zone + "dns_records",
	permission: state.RecordPermission,
	shape: shape.Object(shape.Members{
		"name": shape.Text, "type": shape.OneOf("A", "AAAA", "CNAME", "TXT"), "content": shape.Text, "ttl": shape.Number,
		"proxied": shape.Truth, "comment": shape.Text, "tags": shape.List(shape.Text),
		"settings": shape.Object(shape.Members{"ipv4_only": shape.Truth, "ipv6_only": shape.Truth, "flatten_cname": shape.Truth}),
	}, "name", "type", "content", "ttl"),
	missing:  refuse(http.StatusNotFound, 81044, "Record does not exist."),
	replace:  true,
	change:   true,
	complete: completeRecord,
}

// ofHosts are the types that answer for a host, of which a CNAME stands no other beside it.
var ofHosts = []string{"A", "AAAA", "CNAME"}

func completeRecord(s *state.State, document, before state.Document) *refusal {
	now := state.Now()
	keep(document, before, state.Document{"id": state.Hex(16), "created_on": now, "meta": state.Document{}})
	document["modified_on"] = now
	document["name"] = fullName(document["name"].(string), s.Account.Domain)
	document["proxiable"] = slices.Contains(ofHosts, document["type"].(string))
	fill(document, state.Document{"proxied": false, "comment": nil, "tags": []any{}, "settings": state.Document{}})
	// 1 is "automatic"; a proxied record knows no other.
	if ttl := document["ttl"].(float64); ttl != 1 && (ttl < 60 || ttl > 86400) {
		return refuse(http.StatusBadRequest, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
	}
	if document["proxied"] == true {
		if document["proxiable"] == false {
			return refuse(http.StatusBadRequest, 9004, "This record type cannot be proxied.")
		}
		document["ttl"] = float64(1)
	}
	return conflict(s, document)
}

// fullName is the name with the zone's: what is not below the zone already is taken as if it were.
func fullName(name, domain string) string {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	switch {
	case name == "@" || name == domain:
		return domain
	case strings.HasSuffix(name, "."+domain):
		return name
	}
	return name + "." + domain
}

func conflict(s *state.State, document state.Document) *refusal {
	for _, other := range s.All(state.Records) {
		if other["id"] == document["id"] || other["name"] != document["name"] {
			continue
		}
		both := slices.Contains(ofHosts, other["type"].(string)) && slices.Contains(ofHosts, document["type"].(string))
		switch {
		case other["type"] == document["type"] && other["content"] == document["content"]:
			return refuse(http.StatusBadRequest, 81058, "An identical record already exists.")
		case both && document["type"] == "CNAME":
			return refuse(http.StatusBadRequest, 81053, "An A, AAAA, or CNAME record with that host already exists.")
		case both && other["type"] == "CNAME":
			return refuse(http.StatusBadRequest, 81054, "A CNAME record with that host already exists.")
		}
	}
	return nil
}
