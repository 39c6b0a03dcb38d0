// Package policies enforces NetworkPolicies on this node, by translating them into one nftables table.
package policies

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Pod is what the rules need to know of a pod that has an address.
type Pod struct {
	Namespace, Name string
	Address         netip.Addr
	Labels          map[string]string
	Ports           []corev1.ContainerPort
}

// Cluster is everything the rules are made from.
type Cluster struct {
	// Namespaces maps names to labels.
	Namespaces map[string]map[string]string
	Pods       []Pod
	Policies   []*networkingv1.NetworkPolicy
}

// Direction is seen from the pod that a policy selects.
type Direction string

const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Isolation is a pod that at least one policy selects in one direction: what no rule allows is dropped.
type Isolation struct {
	Pod       Pod
	Direction Direction
	Rules     []Rule
}

// Rule allows one kind of packet.
type Rule struct {
	Policy string
	Remote Remote
	Ports  []Port // none means every port of every protocol
}

// Remote is the other side: anyone, some pods, or a block of addresses with holes.
type Remote struct {
	Anyone bool
	Pods   []netip.Addr
	Block  netip.Prefix
	Except []netip.Prefix
}

// Port is a range of ports of one protocol, in nftables' spelling.
type Port struct {
	Protocol    string
	First, Last int32
}

// Refusal is a policy that cannot be enforced as written. The pods it selects are isolated and get nothing from it.
type Refusal struct {
	Policy *networkingv1.NetworkPolicy
	Reason string
}

// Compile decides for every pod what may reach it and what it may reach: the union of the policies that select it.
func Compile(cluster Cluster) ([]Isolation, []Refusal) {
	var isolations []Isolation
	refusals := map[string]Refusal{}
	for _, pod := range cluster.Pods {
		for _, direction := range []Direction{Ingress, Egress} {
			isolated, rules := false, []Rule(nil)
			for _, policy := range cluster.Policies {
				selects, err := selectsPod(policy, pod)
				if err == nil && (!selects || !applies(policy, direction)) {
					continue
				}
				isolated = true
				var allowed []Rule
				if err == nil {
					allowed, err = cluster.rules(policy, pod, direction)
				}
				if err != nil {
					refusals[name(policy)] = Refusal{policy, err.Error()}
					continue
				}
				rules = append(rules, allowed...)
			}
			if isolated {
				isolations = append(isolations, Isolation{pod, direction, rules})
			}
		}
	}
	return isolations, sorted(refusals)
}

func sorted(refusals map[string]Refusal) []Refusal {
	result := make([]Refusal, 0, len(refusals))
	for _, refusal := range refusals {
		result = append(result, refusal)
	}
	slices.SortFunc(result, func(a, b Refusal) int { return strings.Compare(name(a.Policy), name(b.Policy)) })
	return result
}

func name(policy *networkingv1.NetworkPolicy) string {
	return policy.Namespace + "/" + policy.Name
}

func selectsPod(policy *networkingv1.NetworkPolicy, pod Pod) (bool, error) {
	if policy.Namespace != pod.Namespace {
		return false, nil
	}
	return matches(&policy.Spec.PodSelector, pod.Labels)
}

func applies(policy *networkingv1.NetworkPolicy, direction Direction) bool {
	if len(policy.Spec.PolicyTypes) == 0 {
		return direction == Ingress || len(policy.Spec.Egress) > 0
	}
	return slices.ContainsFunc(policy.Spec.PolicyTypes, func(kind networkingv1.PolicyType) bool {
		return strings.EqualFold(string(kind), string(direction))
	})
}

func matches(selector *metav1.LabelSelector, set map[string]string) (bool, error) {
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return false, err
	}
	return compiled.Matches(labels.Set(set)), nil
}

func (c Cluster) rules(policy *networkingv1.NetworkPolicy, pod Pod, direction Direction) ([]Rule, error) {
	var result []Rule
	add := func(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) error {
		remotes, err := c.remotes(policy.Namespace, peers)
		if err != nil {
			return err
		}
		for _, remote := range remotes {
			var allowed []Rule
			if direction == Ingress {
				allowed, err = c.toPod(pod, remote, ports)
			} else {
				allowed, err = c.toRemote(remote, ports)
			}
			if err != nil {
				return err
			}
			result = append(result, allowed...)
		}
		return nil
	}
	if direction == Ingress {
		for _, rule := range policy.Spec.Ingress {
			if err := add(rule.From, rule.Ports); err != nil {
				return nil, err
			}
		}
	} else {
		for _, rule := range policy.Spec.Egress {
			if err := add(rule.To, rule.Ports); err != nil {
				return nil, err
			}
		}
	}
	for i := range result {
		result[i].Policy = name(policy)
	}
	return result, nil
}

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
