package policies

import (
	"net/netip"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// book remembers which address each starting pod was given by the network plugin, seconds before its status says so.
type book struct {
	mutex sync.Mutex
	given map[types.UID]netip.Addr
}

func (b *book) give(pod types.UID, address netip.Addr) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for other, taken := range b.given {
		if taken == address {
			delete(b.given, other)
		}
	}
	b.given[pod] = address
}

// pods lists those with a network of their own and an address, and forgets what it knew of the others.
func (b *book) pods(all []*corev1.Pod) []Pod {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	alive := map[types.UID]bool{}
	byAddress := map[netip.Addr]*corev1.Pod{}
	for _, pod := range all {
		if pod.Spec.HostNetwork || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		alive[pod.UID] = true
		address, found := b.given[pod.UID]
		if !found {
			var err error
			if address, err = netip.ParseAddr(pod.Status.PodIP); err != nil {
				continue
			}
		}
		// Two pods can claim one address for a moment: the one that the plugin gave it to has it, else the newer.
		if rival := byAddress[address]; rival != nil && (b.holds(rival, address) || newer(rival, pod)) {
			continue
		}
		byAddress[address] = pod
	}
	for pod := range b.given {
		if !alive[pod] {
			delete(b.given, pod)
		}
	}
	return described(byAddress)
}

func (b *book) holds(pod *corev1.Pod, address netip.Addr) bool {
	return b.given[pod.UID] == address
}

func newer(a, b *corev1.Pod) bool {
	return b.CreationTimestamp.Before(&a.CreationTimestamp)
}
