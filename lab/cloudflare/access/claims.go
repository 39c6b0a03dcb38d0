package access

import (
	"time"

	"github.com/google/uuid"

	"jupyterhub-platform/lab/cloudflare/state"
)

// Claims are what Access tells an application of a visitor, by the names of its documentation.
type Claims struct {
	Audience   []string       `json:"aud"`
	Email      string         `json:"email,omitempty"`
	Expires    int64          `json:"exp"`
	Issued     int64          `json:"iat"`
	NotBefore  int64          `json:"nbf"`
	Issuer     string         `json:"iss"`
	Type       string         `json:"type"`
	Nonce      string         `json:"identity_nonce,omitempty"`
	Subject    string         `json:"sub"`
	Country    string         `json:"country,omitempty"`
	CommonName string         `json:"common_name,omitempty"`
	Custom     map[string]any `json:"custom,omitempty"`
}

// Visitor is who somebody is, as far as Access knows.
type Visitor struct {
	Email string
	// Provider is the identity provider that said so.
	Provider string
	// Claims are those the provider was asked to pass on.
	Claims map[string]any
	// Token is the identifier of a service token, and Client what it calls itself.
	Token  string
	Client string
}

// people is the space that a person's identifier is derived in: the same one at every login.
var people = uuid.MustParse("b6c0b2a8-0f5c-4c55-9d0e-7a4ce3f2a1d0")

func claimsOf(visitor Visitor, audience, issuer, nonce string, lasts time.Duration) Claims {
	now := time.Now()
	claims := Claims{
		Audience: []string{audience}, Issuer: issuer, Type: "app",
		Issued: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(lasts).Unix(),
	}
	if visitor.Token != "" {
		claims.CommonName = visitor.Client
		return claims
	}
	claims.Email, claims.Custom, claims.Nonce, claims.Country = visitor.Email, visitor.Claims, nonce, "NO"
	claims.Subject = uuid.NewSHA1(people, []byte(visitor.Email)).String()
	return claims
}

func newNonce() string { return state.Hex(8) }
