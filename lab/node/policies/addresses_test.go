package policies

import (
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func started(name, address string, minute int, phase corev1.PodPhase) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(time.Unix(int64(60*minute), 0)),
		},
		Status: corev1.PodStatus{PodIP: address, Phase: phase},
	}
}

func TestWhoHasAnAddress(t *testing.T) {
	onNode := started("on-node", "10.244.0.1", 1, corev1.PodRunning)
	onNode.Spec.HostNetwork = true
	for _, test := range []struct {
		name  string
		given map[types.UID]netip.Addr
		pods  []*corev1.Pod
		want  map[string]string
	}{
		{"by status", nil, []*corev1.Pod{started("a", "10.244.0.2", 1, corev1.PodRunning)}, map[string]string{"10.244.0.2": "a"}},
		{"not yet", nil, []*corev1.Pod{started("a", "", 1, corev1.PodPending)}, map[string]string{}},
		{"not any more", nil, []*corev1.Pod{started("a", "10.244.0.2", 1, corev1.PodSucceeded)}, map[string]string{}},
		{"none of its own", nil, []*corev1.Pod{onNode}, map[string]string{}},
		{
			"given before the status says so", map[types.UID]netip.Addr{"a": netip.MustParseAddr("10.244.0.3")},
			[]*corev1.Pod{started("a", "", 1, corev1.PodPending)}, map[string]string{"10.244.0.3": "a"},
		},
		{
			"given again after a restart", map[types.UID]netip.Addr{"a": netip.MustParseAddr("10.244.0.3")},
			[]*corev1.Pod{started("a", "10.244.0.2", 1, corev1.PodRunning)}, map[string]string{"10.244.0.3": "a"},
		},
		{
			"claimed by another, but given to one", map[types.UID]netip.Addr{"old": netip.MustParseAddr("10.244.0.2")},
			[]*corev1.Pod{started("old", "10.244.0.2", 1, corev1.PodRunning), started("new", "10.244.0.2", 2, corev1.PodRunning)},
			map[string]string{"10.244.0.2": "old"},
		},
		{
			"claimed twice, the newer has it", nil,
			[]*corev1.Pod{started("new", "10.244.0.2", 2, corev1.PodRunning), started("old", "10.244.0.2", 1, corev1.PodRunning)},
			map[string]string{"10.244.0.2": "new"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			book := book{given: test.given}
			got := book.pods(test.pods)
			if len(got) != len(test.want) {
				t.Fatalf("got %v, want %v", got, test.want)
			}
			for _, pod := range got {
				if test.want[pod.Address.String()] != pod.Name {
					t.Errorf("%s is %s's, want %s's", pod.Address, pod.Name, test.want[pod.Address.String()])
				}
			}
		})
	}
}

func TestAnAddressIsGivenToOnePod(t *testing.T) {
	book := book{given: map[types.UID]netip.Addr{}}
	address := netip.MustParseAddr("10.244.0.2")
	book.give("old", address)
	book.give("new", address)
	if _, found := book.given["old"]; found || book.given["new"] != address {
		t.Errorf("given: %v", book.given)
	}
}
