package policies

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

const (
	table = "jhlab-policies"
	// nftables takes 128 bytes with the closing zero.
	longestComment = 120
)

// Network is what the rules need to know of the node.
type Network struct {
	Bridge string
	Pods   netip.Prefix
}

// Render writes the whole table, to be loaded in one transaction. The addresses it meets are those after the Services'
// translation. The node itself may always reach its pods: the kubelet probes them. A pod's address that is not known
// is cut off, as nobody can say yet which policies select it.
func Render(network Network, pods []Pod, isolations []Isolation) string {
	var out strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&out, format+"\n", values...) }

	line("table inet %s", table)
	line("delete table inet %s", table)
	line("table inet %s {", table)
	line("  set pods {\n    type ipv4_addr")
	if len(pods) > 0 {
		line("    elements = { %s }", join(addresses(pods), ", "))
	}
	line("  }")
	line("  chain between {")
	line("    type filter hook forward priority filter; policy accept;")
	line("    meta nfproto ipv6 iifname %q drop", network.Bridge)
	line("    meta nfproto ipv6 oifname %q drop", network.Bridge)
	line("    ct state established,related accept")
	line("    ip saddr %s jump sent", network.Pods)
	line("    ip daddr %s jump received", network.Pods)
	line("  }")
	line("  chain to-node {")
	line("    type filter hook input priority filter; policy accept;")
	line("    meta nfproto ipv6 iifname %q drop", network.Bridge)
	line("    ct state established,related accept")
	line("    iifname %q ip saddr %s jump sent", network.Bridge, network.Pods)
	line("  }")
	writeDispatch(line, "sent", "saddr", isolations, Egress)
	writeDispatch(line, "received", "daddr", isolations, Ingress)
	for _, isolation := range isolations {
		writeIsolation(line, isolation)
	}
	line("}")
	return out.String()
}

func writeDispatch(line func(string, ...any), chain, field string, isolations []Isolation, direction Direction) {
	var targets []string
	for _, isolation := range isolations {
		if isolation.Direction == direction {
			targets = append(targets, fmt.Sprintf("%s : jump %s", isolation.Pod.Address, chainOf(isolation)))
		}
	}
	line("  chain %s {", chain)
	line("    ip %s != @pods counter drop", field)
	if len(targets) > 0 {
		line("    ip %s vmap { %s }", field, strings.Join(targets, ", "))
	}
	line("  }")
}

func chainOf(isolation Isolation) string {
	return fmt.Sprintf("%s-%s", isolation.Direction, isolation.Pod.Address)
}

// writeIsolation returns from the pod's chain on a match, so that the other side's policies are asked as well.
func writeIsolation(line func(string, ...any), isolation Isolation) {
	line("  chain %s {", chainOf(isolation))
	line("    comment %q", comment(isolation.Pod.Namespace+"/"+isolation.Pod.Name))
	field := map[Direction]string{Ingress: "saddr", Egress: "daddr"}[isolation.Direction]
	for _, rule := range isolation.Rules {
		for _, ports := range portMatches(rule.Ports) {
			line("    %s%sreturn comment %q", remoteMatch(field, rule.Remote), ports, comment(rule.Policy))
		}
	}
	line("    counter drop")
	line("  }")
}

func comment(text string) string {
	return text[:min(len(text), longestComment)]
}

func remoteMatch(field string, remote Remote) string {
	switch {
	case remote.Anyone:
		return ""
	case remote.Block.IsValid():
		match := fmt.Sprintf("ip %s %s ", field, remote.Block)
		for _, hole := range remote.Except {
			match += fmt.Sprintf("ip %s != %s ", field, hole)
		}
		return match
	default:
		return fmt.Sprintf("ip %s { %s } ", field, join(remote.Pods, ", "))
	}
}

// portMatches has one match per protocol, or one that matches everything.
func portMatches(ports []Port) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	byProtocol := map[string][]Port{}
	for _, port := range ports {
		byProtocol[port.Protocol] = append(byProtocol[port.Protocol], port)
	}
	var result []string
	for _, protocol := range []string{"tcp", "udp", "sctp"} {
		if ranges := merged(byProtocol[protocol]); len(ranges) > 0 {
			result = append(result, fmt.Sprintf("%s dport { %s } ", protocol, strings.Join(ranges, ", ")))
		}
	}
	return result
}

// merged joins overlapping ranges, which nftables refuses in one set.
func merged(ports []Port) []string {
	slices.SortFunc(ports, func(a, b Port) int { return int(a.First - b.First) })
	var joined []Port
	for _, port := range ports {
		if last := len(joined) - 1; last >= 0 && port.First <= joined[last].Last {
			joined[last].Last = max(joined[last].Last, port.Last)
			continue
		}
		joined = append(joined, port)
	}
	result := make([]string, 0, len(joined))
	for _, port := range joined {
		if port.First == port.Last {
			result = append(result, fmt.Sprint(port.First))
		} else {
			result = append(result, fmt.Sprintf("%d-%d", port.First, port.Last))
		}
	}
	return result
}

func addresses(pods []Pod) []netip.Addr {
	result := make([]netip.Addr, 0, len(pods))
	for _, pod := range pods {
		result = append(result, pod.Address)
	}
	return result
}

func join[T fmt.Stringer](values []T, between string) string {
	texts := make([]string, 0, len(values))
	for _, value := range values {
		texts = append(texts, value.String())
	}
	return strings.Join(texts, between)
}
