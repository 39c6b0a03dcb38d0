package storage

import (
	"context"
	"errors"
	"os"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/klog/v2"

	"jupyterhub-platform/lab/node/control"
)

type controller struct {
	*control.Loop
	root    string
	claims  corelisters.PersistentVolumeClaimLister
	volumes corelisters.PersistentVolumeLister
	classes storagelisters.StorageClassLister
	// refused remembers what was said about a claim, so that it is said once.
	refused map[string]string
}

// Run makes, grows and deletes volumes below root until the context ends.
func Run(ctx context.Context, kubeconfig, root string) error {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	loop, err := control.New("lab-storage", kubeconfig)
	if err != nil {
		return err
	}
	core, classes := loop.Informers.Core().V1(), loop.Informers.Storage().V1().StorageClasses()
	c := &controller{
		Loop: loop, root: root, refused: map[string]string{},
		claims:  core.PersistentVolumeClaims().Lister(),
		volumes: core.PersistentVolumes().Lister(),
		classes: classes.Lister(),
	}
	err = loop.Watch(core.PersistentVolumeClaims().Informer(), core.PersistentVolumes().Informer(), classes.Informer())
	if err != nil {
		return err
	}
	loop.Run(ctx, c.work)
	return nil
}

func (c *controller) work(ctx context.Context) error {
	claims, err := c.claims.List(labels.Everything())
	if err != nil {
		return err
	}
	volumes, err := c.volumes.List(labels.Everything())
	if err != nil {
		return err
	}
	var failed []error
	for _, claim := range claims {
		if claim.Spec.StorageClassName == nil {
			continue
		}
		class, err := c.classes.Get(*claim.Spec.StorageClassName)
		if err != nil {
			continue // a class that does not exist is the API's to complain about
		}
		switch {
		case wantsVolume(claim, class):
			failed = append(failed, c.provision(ctx, claim, class))
		case wantsGrowth(claim, class):
			failed = append(failed, c.grow(ctx, claim))
		}
	}
	for _, volume := range volumes {
		if isOver(volume) {
			failed = append(failed, c.remove(ctx, volume))
		}
	}
	return errors.Join(failed...)
}

func (c *controller) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) error {
	volume, err := volumeFor(claim, class, c.root)
	if err != nil {
		if c.refused[string(claim.UID)] != err.Error() {
			c.refused[string(claim.UID)] = err.Error()
			c.Warn(claim, "ProvisioningFailed", err.Error())
		}
		return nil
	}
	path := volume.Spec.HostPath.Path
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	// Kubernetes does not apply fsGroup to directories of the machine, and pods run under any user id.
	if err := os.Chmod(path, 0o777); err != nil {
		return err
	}
	_, err = c.Client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if err == nil {
		klog.Infof("made %s for claim %s/%s", path, claim.Namespace, claim.Name)
	}
	if apierrors.IsAlreadyExists(err) {
		return nil // made a moment ago and not yet seen as bound
	}
	return err
}

// grow writes the larger size down; the directory itself was never limited.
func (c *controller) grow(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	found, err := c.volumes.Get(claim.Spec.VolumeName)
	if err != nil {
		return err
	}
	wanted, volume := requested(claim), found.DeepCopy()
	if given := volume.Spec.Capacity[corev1.ResourceStorage]; wanted.Cmp(given) > 0 {
		volume.Spec.Capacity[corev1.ResourceStorage] = wanted
		if _, err := c.Client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	grown := claim.DeepCopy()
	grown.Status.Capacity[corev1.ResourceStorage] = wanted
	grown.Status.Conditions = nil
	_, err = c.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, grown, metav1.UpdateOptions{})
	return err
}

func (c *controller) remove(ctx context.Context, volume *corev1.PersistentVolume) error {
	path, err := directoryOf(volume, c.root)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	klog.Infof("deleted %s of claim %s/%s", path, volume.Spec.ClaimRef.Namespace, volume.Spec.ClaimRef.Name)
	err = c.Client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
