package access

import (
	"testing"
	"time"
)

func TestRotation(t *testing.T) {
	keys, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	old, err := keys.Sign(Claims{Email: "ann@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Rotate(time.Hour); err != nil {
		t.Fatal(err)
	}
	if claims, err := keys.Read(old); err != nil || claims.Email != "ann@example.org" || len(keys.Public().Keys) != 2 {
		t.Error("the key of before is good for a while", claims, err)
	}
	if err := keys.Rotate(-time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Read(old); err != nil {
		t.Error("its hour is not over", err)
	}
	late, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	if token, err := late.Sign(Claims{}); err != nil || late.Rotate(-time.Second) != nil {
		t.Error(err)
	} else if _, err := late.Read(token); err == nil || len(late.Public().Keys) != 1 {
		t.Error("a key whose time is over is good no more")
	}
}

func TestPublicKeysTellNothingPrivate(t *testing.T) {
	keys, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, each := range keys.Public().Keys {
		if !each.IsPublic() {
			t.Error("a private key is served")
		}
	}
}
