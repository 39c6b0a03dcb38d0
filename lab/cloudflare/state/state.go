// Package state is the one account that the stand-in knows: what its API was told, and who is connected to its edge.
package state

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The kinds of objects, by the names the control endpoint gives them.
const (
	Tunnels           = "tunnels"
	Configurations    = "configurations"
	Records           = "dns_records"
	Applications      = "applications"
	Policies          = "policies"
	IdentityProviders = "identity_providers"
	ServiceTokens     = "service_tokens"
	Certificates      = "certificate_packs"
)

// Document is an object as JSON has it.
type Document = map[string]any

// Account is what exists before anybody calls the API.
type Account struct {
	ID     string `json:"account"`
	Zone   string `json:"zone"`
	Domain string `json:"domain"`
	Team   string `json:"team"`
}

// AuthDomain is where people of the account log in.
func (a Account) AuthDomain() string { return a.Team + ".cloudflareaccess.com" }

// State guards everything by one lock: a test's account is small, and no decision sees half a change.
type State struct {
	sync.Mutex
	Account     Account
	Tokens      map[string]Token
	objects     map[string][]Document
	connections map[string][]Connection
	// Configured is called with a tunnel whose configuration has changed. It must not wait for the lock.
	Configured func(tunnel string)
}

// New is an account in which nothing has been made yet.
func New(account Account) *State {
	return &State{
		Account:     account,
		Tokens:      map[string]Token{},
		objects:     map[string][]Document{},
		connections: map[string][]Connection{},
		Configured:  func(string) {},
	}
}

// All lists the objects of a kind, the oldest first.
func (s *State) All(kind string) []Document { return slices.Clone(s.objects[kind]) }

// Find is the object of that identifier, or nil.
func (s *State) Find(kind, id string) Document {
	for _, document := range s.objects[kind] {
		if document["id"] == id {
			return document
		}
	}
	return nil
}

// Put adds the object, or takes the place of the one with its identifier.
func (s *State) Put(kind string, document Document) {
	for index, known := range s.objects[kind] {
		if known["id"] == document["id"] {
			s.objects[kind][index] = document
			return
		}
	}
	s.objects[kind] = append(s.objects[kind], document)
}

// Remove forgets the object.
func (s *State) Remove(kind, id string) {
	s.objects[kind] = slices.DeleteFunc(s.objects[kind], func(known Document) bool { return known["id"] == id })
}

// As reads an object into a structure that names only what its reader needs.
func As[T any](document Document) T {
	var found T
	encoded, err := json.Marshal(document)
	if err == nil {
		err = json.Unmarshal(encoded, &found)
	}
	if err != nil {
		panic(fmt.Sprintf("an object of the state is not what its shape says: %v", err))
	}
	return found
}

// AllAs reads every object of a kind.
func AllAs[T any](s *State, kind string) []T {
	found := make([]T, 0, len(s.objects[kind]))
	for _, document := range s.objects[kind] {
		found = append(found, As[T](document))
	}
	return found
}

// Copy shares nothing with the object.
func Copy(document Document) Document { return As[Document](document) }

// Hex is a new random identifier, as accounts, zones and records have.
func Hex(bytes int) string {
	random := make([]byte, bytes)
	rand.Read(random)
	return hex.EncodeToString(random)
}

// UUID is a new random identifier, as tunnels and what belongs to Access have.
func UUID() string { return uuid.NewString() }

// Now is this moment as the API writes it.
func Now() string { return time.Now().UTC().Format(time.RFC3339Nano) }
