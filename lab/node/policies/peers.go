package policies

import (
	"fmt"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
)

// remotes lists who the peers of one rule are. No peers at all means anyone; peers that match nobody allow nobody.
func (c Cluster) remotes(namespace string, peers []networkingv1.NetworkPolicyPeer) ([]Remote, error) {
	if len(peers) == 0 {
		return []Remote{{Anyone: true}}, nil
	}
	var result []Remote
	for _, peer := range peers {
		if peer.IPBlock != nil {
			remote, ours, err := blockOf(peer.IPBlock)
			if err != nil {
				return nil, err
			}
			if ours {
				result = append(result, remote)
			}
			continue
		}
		addresses, err := c.selected(namespace, peer)
		if err != nil {
			return nil, err
		}
		if len(addresses) > 0 {
			result = append(result, Remote{Pods: addresses})
		}
	}
	return result, nil
}

// blockOf reads an address block. One of IPv6 is not ours: pods have no such addresses, so it allows nothing here.
func blockOf(block *networkingv1.IPBlock) (Remote, bool, error) {
	prefix, err := netip.ParsePrefix(block.CIDR)
	if err != nil {
		return Remote{}, false, err
	}
	remote := Remote{Block: prefix.Masked()}
	for _, text := range block.Except {
		hole, err := netip.ParsePrefix(text)
		if err != nil {
			return Remote{}, false, err
		}
		remote.Except = append(remote.Except, hole.Masked())
	}
	return remote, prefix.Addr().Is4(), nil
}

func (c Cluster) selected(namespace string, peer networkingv1.NetworkPolicyPeer) ([]netip.Addr, error) {
	var result []netip.Addr
	for _, pod := range c.Pods {
		if peer.NamespaceSelector == nil && pod.Namespace != namespace {
			continue
		}
		if peer.NamespaceSelector != nil {
			found, err := matches(peer.NamespaceSelector, c.Namespaces[pod.Namespace])
			if err != nil {
				return nil, err
			}
			if !found {
				continue
			}
		}
		if peer.PodSelector != nil {
			found, err := matches(peer.PodSelector, pod.Labels)
			if err != nil {
				return nil, err
			}
			if !found {
				continue
			}
		}
		result = append(result, pod.Address)
	}
	return result, nil
}

// toPod resolves named ports against the pod that the packets reach.
func (c Cluster) toPod(pod Pod, remote Remote, ports []networkingv1.NetworkPolicyPort) ([]Rule, error) {
	if len(ports) == 0 {
		return []Rule{{Remote: remote}}, nil
	}
	resolved, err := portsOf(pod.Ports, ports)
	if err != nil || len(resolved) == 0 {
		return nil, err
	}
	return []Rule{{Remote: remote, Ports: resolved}}, nil
}

// toRemote resolves named ports against each pod that the packets may reach.
func (c Cluster) toRemote(remote Remote, ports []networkingv1.NetworkPolicyPort) ([]Rule, error) {
	numbered, named := split(ports)
	var result []Rule
	if len(ports) == 0 || len(numbered) > 0 {
		resolved, err := portsOf(nil, numbered)
		if err != nil {
			return nil, err
		}
		result = append(result, Rule{Remote: remote, Ports: resolved})
	}
	if len(named) == 0 {
		return result, nil
	}
	if remote.Block.IsValid() {
		return nil, fmt.Errorf("the named port %q cannot be looked up behind ipBlock %s; name a number", named[0].Port.StrVal, remote.Block)
	}
	for _, pod := range c.Pods {
		if !remote.Anyone && !slices.Contains(remote.Pods, pod.Address) {
			continue
		}
		resolved, err := portsOf(pod.Ports, named)
		if err != nil {
			return nil, err
		}
		if len(resolved) > 0 {
			result = append(result, Rule{Remote: Remote{Pods: []netip.Addr{pod.Address}}, Ports: resolved})
		}
	}
	return result, nil
}
