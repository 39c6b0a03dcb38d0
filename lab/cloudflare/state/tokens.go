package state

import "slices"

// Permission is one of Cloudflare's permission groups, without the word that says whether it may write.
type Permission string

// What the objects of a deployment need, by the names that the API gives the groups.
const (
	TunnelPermission      Permission = "Cloudflare Tunnel"
	AccessPermission      Permission = "Access: Apps and Policies"
	IdentityPermission    Permission = "Access: Organizations, Identity Providers, and Groups"
	ServicePermission     Permission = "Access: Service Tokens"
	RecordPermission      Permission = "DNS"
	ZonePermission        Permission = "Zone"
	CertificatePermission Permission = "SSL and Certificates"
)

// Token is an API token: who has it may do what these groups say.
type Token struct {
	ID          string   `json:"id"`
	Status      string   `json:"status"`
	Permissions []string `json:"permissions"`
}

// NewToken may do what the groups say, each named as "DNS Write" or "Zone Read".
func NewToken(permissions []string) Token {
	return Token{ID: Hex(16), Status: "active", Permissions: permissions}
}

// Everything is what a deployment needs at most.
func Everything() []string {
	return []string{
		string(TunnelPermission + " Write"), string(AccessPermission + " Write"), string(IdentityPermission + " Write"),
		string(ServicePermission + " Write"), string(RecordPermission + " Write"), string(ZonePermission + " Read"),
		string(CertificatePermission + " Write"),
	}
}

// May tells whether the token reaches as far. Who may write may read.
func (t Token) May(permission Permission, write bool) bool {
	writes := slices.Contains(t.Permissions, string(permission+" Write"))
	return t.Status == "active" && (writes || !write && slices.Contains(t.Permissions, string(permission+" Read")))
}
