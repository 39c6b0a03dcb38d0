// Package policies enforces NetworkPolicies on this node, by translating them into one nftables table.
package policies

import (
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
