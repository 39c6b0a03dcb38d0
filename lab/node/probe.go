package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const probeSeconds = 2 * time.Second

// runProbe tries the network and the volumes from inside a pod, where no image with a shell can be had.
func runProbe() int {
	arguments := os.Args[1:]
	verbs := map[string]struct {
		count int
		run   func([]string) error
	}{
		"listen":  {1, probeListen},  // listen PORT: answer on TCP and UDP with the pod's name
		"dial":    {2, probeDial},    // dial tcp|udp HOST:PORT: print the answer
		"resolve": {1, probeResolve}, // resolve NAME: print the addresses
		"write":   {2, probeWrite},   // write FILE TEXT
		"read":    {1, probeRead},    // read FILE
	}
	if len(arguments) == 0 {
		return fail(fmt.Errorf("probe: say listen, dial, resolve, write or read"))
	}
	verb, known := verbs[arguments[0]]
	if !known || len(arguments)-1 != verb.count {
		return fail(fmt.Errorf("probe: cannot %q", arguments))
	}
	if err := verb.run(arguments[1:]); err != nil {
		return fail(err)
	}
	return 0
}

func probeListen(arguments []string) error {
	name, err := os.Hostname()
	if err != nil {
		return err
	}
	stream, err := net.Listen("tcp", ":"+arguments[0])
	if err != nil {
		return err
	}
	datagrams, err := net.ListenPacket("udp", ":"+arguments[0])
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := stream.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(connection, name)
			connection.Close()
		}
	}()
	go func() {
		buffer := make([]byte, 512)
		for {
			_, sender, err := datagrams.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = datagrams.WriteTo([]byte(name), sender)
		}
	}()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	return nil
}

func probeDial(arguments []string) error {
	connection, err := net.DialTimeout(arguments[0], arguments[1], probeSeconds)
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(probeSeconds))
	if _, err := fmt.Fprint(connection, "?"); err != nil {
		return err
	}
	buffer := make([]byte, 512)
	count, err := connection.Read(buffer)
	if err != nil {
		return err
	}
	fmt.Println(string(buffer[:count]))
	return nil
}

func probeResolve(arguments []string) error {
	addresses, err := net.LookupHost(arguments[0])
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(addresses, " "))
	return nil
}

func probeWrite(arguments []string) error {
	return os.WriteFile(arguments[0], []byte(arguments[1]), 0o644)
}

func probeRead(arguments []string) error {
	content, err := os.ReadFile(arguments[0])
	if err != nil {
		return err
	}
	fmt.Print(string(content))
	return nil
}
