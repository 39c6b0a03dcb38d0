package state

import "slices"

// Connection is one of a connector's connections, as the API shows it.
type Connection struct {
	ID                 string `json:"id"`
	UUID               string `json:"uuid"`
	ClientID           string `json:"client_id"`
	ClientVersion      string `json:"client_version"`
	ColoName           string `json:"colo_name"`
	IsPendingReconnect bool   `json:"is_pending_reconnect"`
	OpenedAt           string `json:"opened_at"`
	OriginIP           string `json:"origin_ip"`
}

// Connections of a tunnel that are open now.
func (s *State) Connections(tunnel string) []Connection {
	return append([]Connection{}, s.connections[tunnel]...)
}

// Connect notes that a connection was opened.
func (s *State) Connect(tunnel string, connection Connection) {
	s.connections[tunnel] = append(s.connections[tunnel], connection)
	s.touch(tunnel, "conns_active_at", "conns_inactive_at")
}

// Disconnect notes that a connection is gone.
func (s *State) Disconnect(tunnel, id string) {
	s.connections[tunnel] = slices.DeleteFunc(s.connections[tunnel], func(c Connection) bool { return c.ID == id })
	if len(s.connections[tunnel]) == 0 {
		s.touch(tunnel, "conns_inactive_at", "conns_active_at")
	}
}

func (s *State) touch(tunnel, now, never string) {
	if found := s.Find(Tunnels, tunnel); found != nil {
		found[now], found[never] = Now(), nil
	}
}
