package api

import (
	"net/http"
	"slices"
	"strings"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

const mostHosts = 50

var ofCertificates = area{1400, "certificate pack: "}

var certificate = resource{
	area:       ofCertificates,
	kind:       state.Certificates,
	path:       zone + "ssl/certificate_packs",
	create:     zone + "ssl/certificate_packs/order",
	permission: state.CertificatePermission,
	shape: shape.Object(shape.Members{
		"type": shape.OneOf("advanced"), "hosts": shape.List(shape.Text), "validity_days": shape.Number,
		"certificate_authority": shape.OneOf("google", "lets_encrypt", "ssl_com"),
		"validation_method":     shape.OneOf("txt", "http", "email"), "cloudflare_branding": shape.Truth,
	}, "type", "hosts", "validity_days", "certificate_authority", "validation_method"),
	missing:  refuse(http.StatusNotFound, 1405, "The certificate pack was not found"),
	complete: completeCertificate,
}

func completeCertificate(s *state.State, document, before state.Document) *refusal {
	keep(document, before, state.Document{"id": state.UUID(), "primary_certificate": "0"})
	hosts := state.As[struct{ Hosts []string }](document).Hosts
	// The documentation: "must contain the zone apex, may not contain more than 50 hosts, and may not be empty".
	if !slices.Contains(hosts, s.Account.Domain) || len(hosts) > mostHosts {
		return ofCertificates.bad("hosts must contain the zone apex and at most 50 names")
	}
	for _, host := range hosts {
		if host != s.Account.Domain && !strings.HasSuffix(host, "."+s.Account.Domain) {
			return ofCertificates.bad("the host " + host + " is not in the zone")
		}
		if strings.HasPrefix(host, "*.") && document["validation_method"] != "txt" {
			return ofCertificates.bad("a wildcard is validated by txt only")
		}
	}
	if days := document["validity_days"].(float64); !slices.Contains([]float64{14, 30, 90, 365}, days) {
		return ofCertificates.bad("validity_days must be 14, 30, 90 or 365")
	}
	document["status"] = "active"
	return nil
}
