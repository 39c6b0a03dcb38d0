package api

import (
	"encoding/json"
	"net/http"

	"github.com/cloudflare/cloudflared/ingress"

	"jupyterhub-platform/lab/cloudflare/shape"
	"jupyterhub-platform/lab/cloudflare/state"
)

var originRequest = shape.Object(shape.Members{
	"access": shape.Object(shape.Members{
		"audTag": shape.List(shape.Text), "teamName": shape.Text, "required": shape.Truth,
	}, "audTag", "teamName"),
	"caPool": shape.Text, "connectTimeout": shape.Number, "disableChunkedEncoding": shape.Truth,
	"http2Origin": shape.Truth, "httpHostHeader": shape.Text, "keepAliveConnections": shape.Number,
	"keepAliveTimeout": shape.Number, "matchSNItoHost": shape.Truth, "noHappyEyeballs": shape.Truth,
	"noTLSVerify": shape.Truth, "originServerName": shape.Text, "proxyType": shape.Text,
	"tcpKeepAlive": shape.Number, "tlsTimeout": shape.Number,
})

var ofConfigurations = area{1056, "Bad Configuration: "}

var configuration = resource{
	area: ofConfigurations,
	kind: state.Configurations,
	shape: shape.Object(shape.Members{
		"config": shape.Object(shape.Members{
			"ingress": shape.List(shape.Object(shape.Members{
				"hostname": shape.Text, "service": shape.Text, "path": shape.Text, "originRequest": originRequest,
			}, "service")),
			"originRequest": originRequest,
			"warp-routing":  shape.Object(shape.Members{"enabled": shape.Truth}),
		}),
		"source": shape.OneOf("local", "cloudflare"),
	}, "config"),
}

// configuration is what a tunnel was told, or what one shows that was told nothing yet.
func (s *server) configuration(id string) state.Document {
	if found := s.Find(state.Configurations, id); found != nil {
		shown := state.Copy(found)
		delete(shown, "id")
		return shown
	}
	return state.Document{"tunnel_id": id, "account_id": s.Account.ID, "version": 0, "config": nil, "source": "local"}
}

func (s *server) configure(w http.ResponseWriter, r *http.Request) *refusal {
	id := r.PathValue("id")
	found := s.Find(state.Tunnels, id)
	if found == nil || found["deleted_at"] != nil {
		return noTunnel
	}
	document, no := configuration.said(r, nil)
	if no != nil {
		return no
	}
	if err := understood(document["config"]); err != nil {
		return ofConfigurations.bad(err.Error())
	}
	version := 0
	if before := s.Find(state.Configurations, id); before != nil {
		version = before["version"].(int) + 1
	}
	for name, value := range (state.Document{
		"id": id, "tunnel_id": id, "account_id": s.Account.ID, "version": version, "source": "cloudflare",
		"created_at": state.Now(),
	}) {
		document[name] = value
	}
	s.Put(state.Configurations, document)
	found["config_src"], found["remote_config"] = "cloudflare", true
	accept(w, http.StatusOK, s.configuration(id))
	s.Configured(id)
	return nil
}

// understood asks cloudflared's own reader, which also says what a last rule must be.
func understood(config any) error {
	content, err := json.Marshal(config)
	if err != nil {
		return err
	}
	var read ingress.RemoteConfig
	return json.Unmarshal(content, &read)
}
