package policies

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const highestPort = 65535

var protocols = map[corev1.Protocol]string{corev1.ProtocolTCP: "tcp", corev1.ProtocolUDP: "udp", corev1.ProtocolSCTP: "sctp"}

// split separates ports given by name from the rest.
func split(ports []networkingv1.NetworkPolicyPort) (numbered, named []networkingv1.NetworkPolicyPort) {
	for _, port := range ports {
		if port.Port != nil && port.Port.Type == intstr.String {
			named = append(named, port)
		} else {
			numbered = append(numbered, port)
		}
	}
	return numbered, named
}

// portsOf turns a policy's ports into numbers, looking names up among a pod's. A name that the pod lacks opens nothing.
func portsOf(declared []corev1.ContainerPort, ports []networkingv1.NetworkPolicyPort) ([]Port, error) {
	var result []Port
	for _, port := range ports {
		kind := corev1.ProtocolTCP
		if port.Protocol != nil {
			kind = *port.Protocol
		}
		protocol, known := protocols[kind]
		if !known {
			return nil, fmt.Errorf("protocol %s is not one of TCP, UDP and SCTP", kind)
		}
		switch {
		case port.Port == nil:
			result = append(result, Port{protocol, 0, highestPort})
		case port.Port.Type == intstr.String:
			for _, candidate := range declared {
				if candidate.Name == port.Port.StrVal && protocolOf(candidate) == kind {
					result = append(result, Port{protocol, candidate.ContainerPort, candidate.ContainerPort})
				}
			}
		case port.EndPort != nil:
			result = append(result, Port{protocol, port.Port.IntVal, *port.EndPort})
		default:
			result = append(result, Port{protocol, port.Port.IntVal, port.Port.IntVal})
		}
	}
	return result, nil
}

func protocolOf(port corev1.ContainerPort) corev1.Protocol {
	if port.Protocol == "" {
		return corev1.ProtocolTCP
	}
	return port.Protocol
}
