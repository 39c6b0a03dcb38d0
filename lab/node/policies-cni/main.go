// Command policies-cni is the last network plugin called for a pod: it lets the pod start once its policies are in force.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

type config struct {
	CNIVersion string          `json:"cniVersion"`
	Socket     string          `json:"socket"`
	Previous   json.RawMessage `json:"prevResult"`
}

type result struct {
	Addresses []struct {
		Address string `json:"address"`
	} `json:"ips"`
}

type request struct {
	Namespace, Name, UID, Address string
}

func main() {
	if err := run(); err != nil {
		// How a network plugin reports: code 11 means "try again later".
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"cniVersion": "1.0.0", "code": 11, "msg": err.Error()})
		os.Exit(1)
	}
}

func run() error {
	switch os.Getenv("CNI_COMMAND") {
	case "VERSION":
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"cniVersion": "1.0.0", "supportedVersions": []string{"1.0.0"}})
	case "ADD":
		return add()
	default:
		return nil // nothing is kept here that could be checked or deleted
	}
}

func add() error {
	var given config
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		return err
	}
	var before result
	if err := json.Unmarshal(given.Previous, &before); err != nil {
		return fmt.Errorf("this plugin comes after one that gives addresses: %w", err)
	}
	pod := arguments(os.Getenv("CNI_ARGS"))
	for _, entry := range before.Addresses {
		address, _, _ := strings.Cut(entry.Address, "/")
		asked := request{pod["K8S_POD_NAMESPACE"], pod["K8S_POD_NAME"], pod["K8S_POD_UID"], address}
		if err := ask(given.Socket, asked); err != nil {
			return err
		}
	}
	_, err := os.Stdout.Write(given.Previous)
	return err
}

func ask(socket string, asked request) error {
	connection, err := net.Dial("unix", socket)
	if err != nil {
		return fmt.Errorf("the lab's `policies` does not run: %w", err)
	}
	defer connection.Close()
	if err := json.NewEncoder(connection).Encode(asked); err != nil {
		return err
	}
	var answer struct{ Error string }
	if err := json.NewDecoder(connection).Decode(&answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return errors.New(answer.Error)
	}
	return nil
}

// arguments reads "A=1;B=2".
func arguments(text string) map[string]string {
	result := map[string]string{}
	for _, pair := range strings.Split(text, ";") {
		key, value, _ := strings.Cut(pair, "=")
		result[key] = value
	}
	return result
}
