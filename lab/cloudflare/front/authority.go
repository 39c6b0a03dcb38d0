// Package front is where the stand-in is reached by the names the real one has: certificates for them, and a proxy that
// leads there.
package front

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"time"
)

const valid = 7 * 24 * time.Hour

// Authority makes certificates for whatever name is asked for, so that nobody has to skip the check of them.
type Authority struct {
	mutex   sync.Mutex
	private *ecdsa.PrivateKey
	self    *x509.Certificate
	made    map[string]*tls.Certificate
}

// NewAuthority is one that nobody trusts yet.
func NewAuthority() (*Authority, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate("Stand-in of Cloudflare")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	content, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, err
	}
	self, err := x509.ParseCertificate(content)
	return &Authority{private: private, self: self, made: map[string]*tls.Certificate{}}, err
}

func certificate(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(valid),
	}
}

// PEM is what who comes here has to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.self.Raw})
}

// Config serves with a certificate for the name that each visitor asks for, or for this one where they ask for none.
func (a *Authority) Config(otherwise string, protocols ...string) *tls.Config {
	return &tls.Config{
		NextProtos: protocols,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "" {
				return a.issue(otherwise)
			}
			return a.issue(hello.ServerName)
		},
	}
}

func (a *Authority) issue(name string) (*tls.Certificate, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if found := a.made[name]; found != nil {
		return found, nil
	}
	template := certificate(name)
	template.DNSNames = []string{name}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	content, err := x509.CreateCertificate(rand.Reader, template, a.self, a.private.Public(), a.private)
	if err != nil {
		return nil, err
	}
	a.made[name] = &tls.Certificate{Certificate: [][]byte{content}, PrivateKey: a.private}
	return a.made[name], nil
}
