// Package control is the loop that the lab's own controllers share: look at everything again whenever anything changes.
// A node of a lab holds few enough objects for that, and a loop that forgets nothing has no edge cases.
package control

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
)

const (
	gather = 20 * time.Millisecond
	retry  = 3 * time.Second
)

// Loop runs one function after each change of what it watches, never twice at once.
type Loop struct {
	Client    kubernetes.Interface
	Informers informers.SharedInformerFactory
	events    record.EventRecorder
	changed   chan struct{}
}

// New connects to the API server; name is what its events are signed with.
func New(name, kubeconfig string) (*Loop, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.UserAgent = name
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	broadcaster := record.NewBroadcaster()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	return &Loop{
		Client:    client,
		Informers: informers.NewSharedInformerFactory(client, 0),
		events:    broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: name}),
		changed:   make(chan struct{}, 1),
	}, nil
}

// Watch makes every change seen by the informers a reason to run.
func (l *Loop) Watch(watched ...cache.SharedIndexInformer) error {
	for _, informer := range watched {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { l.Wake() },
			UpdateFunc: func(any, any) { l.Wake() },
			DeleteFunc: func(any) { l.Wake() },
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Wake asks for one more run.
func (l *Loop) Wake() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Warn says on the object, and in the log, what could not be done for it.
func (l *Loop) Warn(object runtime.Object, reason, message string) {
	klog.Warningf("%s: %s", reason, message)
	l.events.Event(object, corev1.EventTypeWarning, reason, message)
}

// Run works until the context ends. A failed run is logged and tried again.
func (l *Loop) Run(ctx context.Context, work func(context.Context) error) {
	l.Informers.Start(ctx.Done())
	l.Informers.WaitForCacheSync(ctx.Done())
	l.Wake()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.changed:
		}
		time.Sleep(gather)
		if err := work(ctx); err != nil {
			klog.Errorf("will try again in %s: %v", retry, err)
			time.AfterFunc(retry, l.Wake)
		}
	}
}
