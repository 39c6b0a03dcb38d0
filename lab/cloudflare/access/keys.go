package access

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"jupyterhub-platform/lab/cloudflare/state"
)

// Keys sign what Access says of visitors. The newest signs; those before it stay good for a while.
type Keys struct {
	sync.Mutex
	all []key
}

type key struct {
	private jose.JSONWebKey
	until   time.Time // zero for the one that signs
}

// NewKeys has one.
func NewKeys() (*Keys, error) {
	keys := &Keys{}
	return keys, keys.Rotate(0)
}

// NewKey is a key that nobody publishes yet.
func NewKey() (jose.JSONWebKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	return jose.JSONWebKey{Key: private, KeyID: state.Hex(32), Algorithm: string(jose.RS256), Use: "sig"}, err
}

// Rotate signs with a new key from now on; the others are good for that much longer.
func (k *Keys) Rotate(grace time.Duration) error {
	made, err := NewKey()
	if err != nil {
		return err
	}
	k.Lock()
	defer k.Unlock()
	for index := range k.all {
		if k.all[index].until.IsZero() {
			k.all[index].until = time.Now().Add(grace)
		}
	}
	k.all = append(k.all, key{private: made})
	return nil
}

func (k *Keys) good() []jose.JSONWebKey {
	k.Lock()
	defer k.Unlock()
	k.all = slices.DeleteFunc(k.all, func(each key) bool { return !each.until.IsZero() && time.Now().After(each.until) })
	found := make([]jose.JSONWebKey, 0, len(k.all))
	for _, each := range k.all {
		found = append(found, each.private)
	}
	return found
}

// Public is what is served at /cdn-cgi/access/certs, without the certificates the real one adds to the keys.
func (k *Keys) Public() jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{}
	for _, each := range k.good() {
		set.Keys = append(set.Keys, each.Public())
	}
	return set
}

// Sign the claims with the key of today.
func (k *Keys) Sign(claims any) (string, error) {
	good := k.good()
	return SignWith(good[len(good)-1], claims)
}

// SignWith signs the claims with any key.
func SignWith(with jose.JSONWebKey, claims any) (string, error) {
	options := (&jose.SignerOptions{}).WithType("JWT")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: with}, options)
	if err != nil {
		return "", err
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// Read gives the claims of a token that one of the good keys has signed.
func (k *Keys) Read(token string) (Claims, error) {
	var claims Claims
	signed, err := jose.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return claims, err
	}
	for _, each := range k.good() {
		if len(signed.Signatures) != 1 || signed.Signatures[0].Header.KeyID != each.KeyID {
			continue
		}
		content, err := signed.Verify(each.Public())
		if err != nil {
			return claims, err
		}
		return claims, json.Unmarshal(content, &claims)
	}
	return claims, fmt.Errorf("no good key has signed it")
}
