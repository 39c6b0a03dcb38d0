package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const patience = 20 * time.Second

// request is what the network plugin says about a pod that is about to start; see policies-cni.
type request struct {
	Namespace, Name, UID, Address string
}

type answer struct {
	Error string
}

func listen(socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	return listener, os.Chmod(socket, 0o600)
}

func (c *controller) serve(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer connection.Close()
			_ = connection.SetDeadline(time.Now().Add(patience + time.Second))
			var asked request
			err := json.NewDecoder(connection).Decode(&asked)
			if err == nil {
				err = c.admit(asked)
			}
			var said answer
			if err != nil {
				said.Error = err.Error()
			}
			_ = json.NewEncoder(connection).Encode(said)
		}()
	}
}

// admit returns once the rules in force know the pod by its new address.
func (c *controller) admit(asked request) error {
	address, err := netip.ParseAddr(asked.Address)
	if err != nil {
		return err
	}
	c.book.give(types.UID(asked.UID), address)
	c.Wake()
	wanted, late := asked.Namespace+"/"+asked.Name, time.After(patience)
	for {
		c.mutex.Lock()
		found, renewed := c.loaded[address] == wanted, c.renewed
		c.mutex.Unlock()
		if found {
			return nil
		}
		select {
		case <-renewed:
		case <-late:
			return fmt.Errorf("the policies of pod %s are not in force after %s", wanted, patience)
		}
	}
}
