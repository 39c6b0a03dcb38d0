package policies

import (
	"net/netip"
	"os/exec"
	"strings"
	"testing"
)

var node = Network{Bridge: "jhlab0", Pods: netip.MustParsePrefix("10.244.0.0/24")}

func lines(rules ...Rule) []string {
	text := Render(node, world.Pods, []Isolation{{world.Pods[0], Ingress, rules}})
	_, chain, _ := strings.Cut(text, "chain ingress-10.244.0.2 {")
	var result []string
	for _, line := range strings.Split(chain, "\n") {
		if line = strings.TrimSpace(line); strings.Contains(line, "return") {
			result = append(result, line)
		}
	}
	return result
}

func TestRender(t *testing.T) {
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	for _, test := range []struct {
		name string
		rule Rule
		want []string
	}{
		{"anything from anyone", Rule{Remote: Remote{Anyone: true}}, []string{`return comment "one/p"`}},
		{
			"pods", Rule{Remote: Remote{Pods: []netip.Addr{world.Pods[1].Address, world.Pods[2].Address}}},
			[]string{`ip saddr { 10.244.0.3, 10.244.0.4 } return comment "one/p"`},
		},
		{
			"a block with a hole", Rule{Remote: Remote{Block: everywhere, Except: []netip.Prefix{node.Pods}}},
			[]string{`ip saddr 0.0.0.0/0 ip saddr != 10.244.0.0/24 return comment "one/p"`},
		},
		{
			"one line per protocol", Rule{Remote: Remote{Anyone: true}, Ports: []Port{{"udp", 53, 53}, {"tcp", 53, 53}, {"tcp", 8000, 8100}}},
			[]string{`tcp dport { 53, 8000-8100 } return comment "one/p"`, `udp dport { 53 } return comment "one/p"`},
		},
		{
			"overlapping ranges", Rule{Remote: Remote{Anyone: true}, Ports: []Port{{"tcp", 90, 100}, {"tcp", 80, 95}, {"tcp", 85, 85}}},
			[]string{`tcp dport { 80-100 } return comment "one/p"`},
		},
		{
			"every port of a protocol", Rule{Remote: Remote{Anyone: true}, Ports: []Port{{"sctp", 0, highestPort}}},
			[]string{`sctp dport { 0-65535 } return comment "one/p"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.rule.Policy = "one/p"
			if got := strings.Join(lines(test.rule), "\n"); got != strings.Join(test.want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(test.want, "\n"))
			}
		})
	}
}

// A kernel that takes the rules has checked their grammar better than a comparison of texts can.
func TestTheKernelTakesTheRules(t *testing.T) {
	cluster := world
	for _, spec := range []string{
		`{podSelector: {}, policyTypes: [Ingress, Egress]}`,
		`{podSelector: {}, ingress: [{ports: [{protocol: UDP}, {protocol: SCTP, port: 1}, {port: 8000, endPort: 9000}, {port: 8500}]}]}`,
		`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}, {ipBlock: {cidr: "::/0"}}, {podSelector: {}}]}]}`,
	} {
		cluster.Policies = append(cluster.Policies, policy(t, strings.Repeat("a-long-name.", 20), spec))
	}
	isolations, _ := Compile(cluster)
	for _, text := range []string{Render(node, nil, nil), Render(node, cluster.Pods, isolations)} {
		command := exec.Command("nft", "--check", "-f", "-")
		command.Stdin = strings.NewReader(text)
		if output, err := command.CombinedOutput(); err != nil {
			if strings.Contains(string(output), "not permitted") || strings.Contains(err.Error(), "not found") {
				t.Skipf("nft cannot be run here: %v %s", err, output)
			}
			t.Errorf("%v\n%s\n%s", err, output, text)
		}
	}
}
