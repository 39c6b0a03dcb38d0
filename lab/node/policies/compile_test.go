package policies

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// Three pods of team one, one of team two, and an address outside.
var world = Cluster{
	Namespaces: map[string]map[string]string{"one": {"team": "one"}, "two": {"team": "two"}},
	Pods: []Pod{
		pod("one", "hub", "10.244.0.2", corev1.ContainerPort{Name: "api", ContainerPort: 8081}),
		pod("one", "user", "10.244.0.3", corev1.ContainerPort{Name: "web", ContainerPort: 8888}),
		pod("one", "rival", "10.244.0.4", corev1.ContainerPort{Name: "web", ContainerPort: 9999}),
		pod("two", "dns", "10.244.0.5", corev1.ContainerPort{Name: "query", ContainerPort: 53, Protocol: corev1.ProtocolUDP}),
	},
}

const (
	outside = "192.0.2.9"
	hub     = "10.244.0.2"
	user    = "10.244.0.3"
	rival   = "10.244.0.4"
	dns     = "10.244.0.5"
)

func pod(namespace, name, address string, ports ...corev1.ContainerPort) Pod {
	return Pod{namespace, name, netip.MustParseAddr(address), map[string]string{"app": name}, ports}
}

type packet struct {
	from, to, protocol string
	port               int32
}

// passes judges a packet the way the API's documentation words it, from the compiled rules and not from nftables.
func passes(isolations []Isolation, sent packet) bool {
	for _, isolation := range isolations {
		own, other := sent.to, sent.from
		if isolation.Direction == Egress {
			own, other = sent.from, sent.to
		}
		if isolation.Pod.Address.String() != own {
			continue
		}
		remote := netip.MustParseAddr(other)
		allowed := slices.ContainsFunc(isolation.Rules, func(rule Rule) bool {
			return reaches(rule.Remote, remote) && opens(rule.Ports, sent)
		})
		if !allowed {
			return false
		}
	}
	return true
}

func reaches(remote Remote, address netip.Addr) bool {
	if remote.Anyone || slices.Contains(remote.Pods, address) {
		return true
	}
	inside := func(hole netip.Prefix) bool { return hole.Contains(address) }
	return remote.Block.IsValid() && remote.Block.Contains(address) && !slices.ContainsFunc(remote.Except, inside)
}

func opens(ports []Port, sent packet) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(port Port) bool {
		return port.Protocol == sent.protocol && port.First <= sent.port && sent.port <= port.Last
	})
}

func policy(t *testing.T, name, spec string) *networkingv1.NetworkPolicy {
	t.Helper()
	result := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict([]byte(spec), &result.Spec); err != nil {
		t.Fatal(err)
	}
	result.Namespace, result.Name = "one", name
	return result
}

func TestCompile(t *testing.T) {
	for _, test := range []struct {
		name     string
		policies []string
		allowed  []packet
		denied   []packet
	}{
		{
			name:    "without a policy everything passes",
			allowed: []packet{{rival, user, "tcp", 1}, {user, outside, "udp", 53}, {outside, hub, "icmp", 0}},
		},
		{
			name:     "an empty policy denies what comes in, and only to the pods of its namespace",
			policies: []string{`podSelector: {}`},
			allowed:  []packet{{user, outside, "tcp", 443}, {user, dns, "udp", 53}},
			denied:   []packet{{rival, user, "tcp", 8888}, {dns, user, "tcp", 8888}, {outside, hub, "tcp", 8081}},
		},
		{
			name:     "both directions closed",
			policies: []string{`{podSelector: {}, policyTypes: [Ingress, Egress]}`},
			denied:   []packet{{user, dns, "udp", 53}, {user, outside, "tcp", 443}, {dns, user, "tcp", 8888}},
		},
		{
			name:     "egress rules alone close both directions when the types are left out",
			policies: []string{`{podSelector: {matchLabels: {app: user}}, egress: [{to: [{podSelector: {}}]}]}`},
			allowed:  []packet{{user, hub, "tcp", 8081}, {rival, hub, "tcp", 8081}, {rival, outside, "tcp", 443}},
			denied:   []packet{{hub, user, "tcp", 8888}, {user, outside, "tcp", 443}},
		},
		{
			name: "a pod selector means pods of the same namespace",
			policies: []string{
				`{podSelector: {matchLabels: {app: user}}, ingress: [{from: [{podSelector: {matchLabels: {app: hub}}}]}]}`,
			},
			allowed: []packet{{hub, user, "tcp", 8888}, {hub, user, "udp", 1}},
			denied:  []packet{{rival, user, "tcp", 8888}, {dns, user, "tcp", 8888}, {outside, user, "tcp", 8888}},
		},
		{
			name:     "an empty pod selector is every pod of the namespace and nobody else",
			policies: []string{`{podSelector: {matchLabels: {app: user}}, ingress: [{from: [{podSelector: {}}]}]}`},
			allowed:  []packet{{rival, user, "tcp", 8888}},
			denied:   []packet{{dns, user, "tcp", 8888}, {outside, user, "tcp", 8888}},
		},
		{
			name: "a namespace selector with a pod selector needs both",
			policies: []string{`{podSelector: {}, policyTypes: [Egress], egress: [{
				to: [{namespaceSelector: {matchLabels: {team: two}}, podSelector: {matchLabels: {app: dns}}}],
				ports: [{port: 53, protocol: UDP}]}]}`},
			allowed: []packet{{user, dns, "udp", 53}},
			denied:  []packet{{user, dns, "tcp", 53}, {user, dns, "udp", 54}, {user, hub, "udp", 53}, {user, outside, "udp", 53}},
		},
		{
			name: "two peers are alternatives",
			policies: []string{`{podSelector: {matchLabels: {app: user}}, ingress: [{
				from: [{namespaceSelector: {matchLabels: {team: two}}}, {podSelector: {matchLabels: {app: hub}}}]}]}`},
			allowed: []packet{{dns, user, "tcp", 1}, {hub, user, "tcp", 1}},
			denied:  []packet{{rival, user, "tcp", 1}},
		},
		{
			name: "a block has holes",
			policies: []string{`{podSelector: {}, policyTypes: [Egress], egress: [{
				to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8, 192.0.2.128/25]}}]}]}`},
			allowed: []packet{{user, outside, "tcp", 443}},
			denied:  []packet{{user, "192.0.2.200", "tcp", 443}, {user, dns, "udp", 53}},
		},
		{
			name: "a block of IPv6 allows nothing here and breaks nothing",
			policies: []string{`{podSelector: {}, policyTypes: [Egress], egress: [{
				to: [{ipBlock: {cidr: "::/0"}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]}`},
			allowed: []packet{{user, outside, "tcp", 443}},
			denied:  []packet{{user, dns, "udp", 53}},
		},
		{
			name:     "a range of ports",
			policies: []string{`{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8100}]}]}`},
			allowed:  []packet{{outside, hub, "tcp", 8000}, {outside, hub, "tcp", 8100}},
			denied:   []packet{{outside, hub, "tcp", 7999}, {outside, hub, "tcp", 8101}, {outside, hub, "udp", 8000}},
		},
		{
			name:     "a protocol without a port is all its ports",
			policies: []string{`{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}`},
			allowed:  []packet{{outside, hub, "udp", 1}, {outside, hub, "udp", 65535}},
			denied:   []packet{{outside, hub, "tcp", 1}},
		},
		{
			name:     "a named port coming in is looked up on each selected pod",
			policies: []string{`{podSelector: {}, ingress: [{ports: [{port: web}]}]}`},
			allowed:  []packet{{hub, user, "tcp", 8888}, {hub, rival, "tcp", 9999}},
			denied:   []packet{{hub, user, "tcp", 9999}, {hub, rival, "tcp", 8888}, {user, hub, "tcp", 8081}},
		},
		{
			name: "a named port going out is looked up on each peer",
			policies: []string{`{podSelector: {matchLabels: {app: hub}}, policyTypes: [Egress], egress: [{
				to: [{podSelector: {}}], ports: [{port: web}]}]}`},
			allowed: []packet{{hub, user, "tcp", 8888}, {hub, rival, "tcp", 9999}},
			denied:  []packet{{hub, user, "tcp", 9999}, {hub, dns, "udp", 53}},
		},
		{
			name: "a named port going out to anyone is looked up on every pod",
			policies: []string{`{podSelector: {matchLabels: {app: hub}}, policyTypes: [Egress], egress: [{
				ports: [{port: query, protocol: UDP}, {port: 443}]}]}`},
			allowed: []packet{{hub, dns, "udp", 53}, {hub, outside, "tcp", 443}},
			denied:  []packet{{hub, outside, "udp", 53}, {hub, user, "udp", 53}},
		},
		{
			name:     "a named port of another protocol is another port",
			policies: []string{`{podSelector: {matchLabels: {app: hub}}, policyTypes: [Egress], egress: [{ports: [{port: query}]}]}`},
			denied:   []packet{{hub, dns, "udp", 53}, {hub, dns, "tcp", 53}},
		},
		{
			name: "policies add up",
			policies: []string{
				`{podSelector: {}, policyTypes: [Ingress, Egress]}`,
				`{podSelector: {matchLabels: {app: user}}, ingress: [{from: [{podSelector: {matchLabels: {app: hub}}}]}]}`,
				`{podSelector: {matchLabels: {app: hub}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]}`,
			},
			allowed: []packet{{hub, user, "tcp", 8888}},
			denied:  []packet{{hub, rival, "tcp", 9999}, {rival, user, "tcp", 8888}, {user, hub, "tcp", 8081}},
		},
		{
			name:     "peers that match nobody allow nobody",
			policies: []string{`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]}`},
			denied:   []packet{{hub, user, "tcp", 8888}, {outside, user, "tcp", 8888}},
		},
		{
			name: "match expressions",
			policies: []string{`{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [hub]}]},
				ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}]}]}`},
			allowed: []packet{{outside, hub, "tcp", 1}, {dns, user, "tcp", 1}},
			denied:  []packet{{outside, user, "tcp", 1}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cluster := world
			for _, spec := range test.policies {
				cluster.Policies = append(cluster.Policies, policy(t, "p", spec))
			}
			isolations, refusals := Compile(cluster)
			if len(refusals) > 0 {
				t.Errorf("refused: %s", refusals[0].Reason)
			}
			for _, sent := range test.allowed {
				if !passes(isolations, sent) {
					t.Errorf("%v should pass", sent)
				}
			}
			for _, sent := range test.denied {
				if passes(isolations, sent) {
					t.Errorf("%v should be dropped", sent)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct{ name, spec, reason string }{
		{
			"a named port behind a block",
			`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: web}]}]}`,
			`the named port "web" cannot be looked up`,
		},
		{
			"a protocol that is none",
			`{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 1, protocol: GRE}]}]}`,
			"protocol GRE is not one of",
		},
		{
			"a selector that is none",
			`{podSelector: {matchExpressions: [{key: app, operator: Near}]}, policyTypes: [Egress], egress: [{}]}`,
			`"Near" is not a valid label selector operator`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cluster := world
			cluster.Policies = []*networkingv1.NetworkPolicy{policy(t, "odd", test.spec)}
			isolations, refusals := Compile(cluster)
			if len(refusals) != 1 || !strings.Contains(refusals[0].Reason, test.reason) {
				t.Fatalf("refusals: %v", refusals)
			}
			if passes(isolations, packet{user, outside, "tcp", 443}) {
				t.Error("a pod selected by a policy that cannot be enforced must not send")
			}
			if !passes(isolations, packet{dns, outside, "tcp", 443}) {
				t.Error("pods of other namespaces are none of the policy's business")
			}
		})
	}
}
