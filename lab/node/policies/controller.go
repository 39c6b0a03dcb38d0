package policies

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	corelisters "k8s.io/client-go/listers/core/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/klog/v2"

	"jupyterhub-platform/lab/node/control"
)

type controller struct {
	*control.Loop
	network    Network
	book       book
	pods       corelisters.PodLister
	namespaces corelisters.NamespaceLister
	policies   networkinglisters.NetworkPolicyLister
	refused    map[string]string
	text       string

	mutex sync.Mutex
	// loaded is what the kernel enforces now; renewed is closed at each change of it.
	loaded  map[netip.Addr]string
	renewed chan struct{}
}

// Run enforces policies, and holds starting pods back at the socket until theirs are in force.
func Run(ctx context.Context, kubeconfig, socket string, network Network) error {
	loop, err := control.New("lab-policies", kubeconfig)
	if err != nil {
		return err
	}
	core, policies := loop.Informers.Core().V1(), loop.Informers.Networking().V1().NetworkPolicies()
	c := &controller{
		Loop: loop, network: network,
		book:       book{given: map[types.UID]netip.Addr{}},
		pods:       core.Pods().Lister(),
		namespaces: core.Namespaces().Lister(),
		policies:   policies.Lister(),
		renewed:    make(chan struct{}),
	}
	err = loop.Watch(core.Pods().Informer(), core.Namespaces().Informer(), policies.Informer())
	if err != nil {
		return err
	}
	listener, err := listen(socket)
	if err != nil {
		return err
	}
	defer listener.Close()
	go c.serve(listener)
	loop.Run(ctx, c.work)
	return nil
}

func (c *controller) work(ctx context.Context) error {
	cluster, err := c.look()
	if err != nil {
		return err
	}
	isolations, refusals := Compile(cluster)
	c.complain(refusals)
	text := Render(c.network, cluster.Pods, isolations)
	if text != c.text {
		command := exec.CommandContext(ctx, "nft", "-f", "-")
		command.Stdin = strings.NewReader(text)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("nft refuses the rules: %w\n%s", err, output)
		}
		klog.Infof("loaded rules for %d isolated of %d pods", len(isolations), len(cluster.Pods))
		c.text = text
	}
	c.announce(cluster.Pods)
	return nil
}

func (c *controller) look() (Cluster, error) {
	pods, err := c.pods.List(labels.Everything())
	if err != nil {
		return Cluster{}, err
	}
	namespaces, err := c.namespaces.List(labels.Everything())
	if err != nil {
		return Cluster{}, err
	}
	policies, err := c.policies.List(labels.Everything())
	if err != nil {
		return Cluster{}, err
	}
	slices.SortFunc(policies, func(a, b *networkingv1.NetworkPolicy) int { return cmp.Compare(name(a), name(b)) })
	known := map[string]map[string]string{}
	for _, namespace := range namespaces {
		known[namespace.Name] = namespace.Labels
	}
	return Cluster{Namespaces: known, Pods: c.book.pods(pods), Policies: policies}, nil
}

// complain says once about each policy why it is not enforced as written.
func (c *controller) complain(refusals []Refusal) {
	said := map[string]string{}
	for _, refusal := range refusals {
		key := name(refusal.Policy)
		said[key] = refusal.Reason
		if c.refused[key] != refusal.Reason {
			c.Warn(refusal.Policy, "NotEnforceable", refusal.Reason+"; the pods it selects get nothing from it")
		}
	}
	c.refused = said
}

func (c *controller) announce(pods []Pod) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.loaded = map[netip.Addr]string{}
	for _, pod := range pods {
		c.loaded[pod.Address] = pod.Namespace + "/" + pod.Name
	}
	close(c.renewed)
	c.renewed = make(chan struct{})
}

func described(byAddress map[netip.Addr]*corev1.Pod) []Pod {
	result := make([]Pod, 0, len(byAddress))
	for address, pod := range byAddress {
		ports := []corev1.ContainerPort{}
		for _, container := range pod.Spec.Containers {
			ports = append(ports, container.Ports...)
		}
		for _, container := range pod.Spec.InitContainers {
			ports = append(ports, container.Ports...)
		}
		result = append(result, Pod{pod.Namespace, pod.Name, address, pod.Labels, ports})
	}
	slices.SortFunc(result, func(a, b Pod) int { return a.Address.Compare(b.Address) })
	return result
}
