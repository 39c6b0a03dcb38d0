package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

const shortestSecret = 32

var noTunnel = refuse(http.StatusNotFound, 1003, "Tunnel not found")

var ofTunnels = area{1005, "Bad request: "}

var tunnel = resource{
	area:       ofTunnels,
	kind:       state.Tunnels,
	path:       account + "cfd_tunnel",
	permission: state.TunnelPermission,
	shape: shape.Object(shape.Members{
		"name": shape.Text, "tunnel_secret": shape.Text, "config_src": shape.OneOf("local", "cloudflare"),
	}, "name"),
	missing:  noTunnel,
	change:   true,
	complete: completeTunnel,
	remove:   removeTunnel,
	show:     showTunnel,
	answered: answerTunnel,
}

func completeTunnel(s *state.State, document, before state.Document) *refusal {
	keep(document, before, state.Document{
		"id": state.UUID(), "account_tag": s.Account.ID, "created_at": state.Now(), "deleted_at": nil, "tun_type": "cfd_tunnel",
		"conns_active_at": nil, "conns_inactive_at": nil, "metadata": state.Document{},
	})
	if document["deleted_at"] != nil {
		return noTunnel
	}
	if document["name"] == "" {
		return ofTunnels.bad("the name is empty")
	}
	for _, other := range s.All(state.Tunnels) {
		if other["name"] == document["name"] && other["id"] != document["id"] && other["deleted_at"] == nil {
			return refuse(http.StatusConflict, 1013, "You already have a tunnel with this name")
		}
	}
	fill(document, state.Document{"config_src": "local"})
	fill(document, state.Document{"tunnel_secret": base64.StdEncoding.EncodeToString([]byte(state.Hex(shortestSecret / 2)))})
	// The documentation of the API: "the password required to run a locally-managed tunnel. Must be at least 32 bytes
	// and encoded as a base64 string".
	secret, err := base64.StdEncoding.DecodeString(document["tunnel_secret"].(string))
	if err != nil || len(secret) < shortestSecret {
		return ofTunnels.bad("tunnel_secret must be at least 32 bytes, in base64")
	}
	document["remote_config"] = document["config_src"] == "cloudflare"
	return nil
}

// removeTunnel keeps the tunnel, marked as deleted: the API goes on showing it.
func removeTunnel(s *state.State, document state.Document) *refusal {
	id := document["id"].(string)
	if document["deleted_at"] != nil {
		return noTunnel
	}
	if len(s.Connections(id)) > 0 {
		return refuse(http.StatusBadRequest, 1022, "Cannot delete tunnel because it has active connections")
	}
	document["deleted_at"] = state.Now()
	s.Remove(state.Configurations, id)
	return nil
}

func showTunnel(s *state.State, document state.Document) state.Document {
	connections := s.Connections(document["id"].(string))
	delete(document, "tunnel_secret")
	document["connections"] = connections
	document["status"] = "inactive"
	if len(connections) > 0 {
		document["status"] = "healthy"
	} else if document["conns_inactive_at"] != nil {
		document["status"] = "down"
	}
	return document
}

func answerTunnel(s *state.State, document state.Document) state.Document {
	shown := withoutSaid(showTunnel(s, state.Copy(document)))
	shown["credentials_file"] = state.Document{
		"AccountTag": s.Account.ID, "TunnelID": document["id"], "TunnelName": document["name"],
		"TunnelSecret": document["tunnel_secret"],
	}
	shown["token"] = tunnelToken(s, document)
	return shown
}

// tunnelToken is what `cloudflared tunnel run --token` takes.
func tunnelToken(s *state.State, document state.Document) string {
	token, err := json.Marshal(map[string]any{"a": s.Account.ID, "t": document["id"], "s": document["tunnel_secret"]})
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(token)
}

func (s *server) offerTunnelParts() {
	one := tunnel.path + "/{id}"
	s.handle("GET", one+"/token", state.TunnelPermission, s.ofTunnel(func(found state.Document) (any, *refusal) {
		return tunnelToken(s.State, found), nil
	}))
	s.handle("GET", one+"/connections", state.TunnelPermission, s.ofTunnel(func(found state.Document) (any, *refusal) {
		return s.Connections(found["id"].(string)), nil
	}))
	s.handle("GET", one+"/configurations", state.TunnelPermission, s.ofTunnel(func(found state.Document) (any, *refusal) {
		return s.configuration(found["id"].(string)), nil
	}))
	s.handle("PUT", one+"/configurations", state.TunnelPermission, s.configure)
}

func (s *server) ofTunnel(tell func(found state.Document) (any, *refusal)) act {
	return func(w http.ResponseWriter, r *http.Request) *refusal {
		found := s.Find(state.Tunnels, r.PathValue("id"))
		if found == nil || found["deleted_at"] != nil {
			return noTunnel
		}
		result, no := tell(found)
		if no == nil {
			accept(w, http.StatusOK, result)
		}
		return no
	}
}
