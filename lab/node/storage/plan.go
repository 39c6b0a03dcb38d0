// Package storage gives claims of the lab's storage classes a directory of this machine each.
package storage

import (
	"fmt"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// Provisioner is the name by which the lab's storage classes ask for this controller.
	Provisioner   = "jupyterhub-lab/directory"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
)

// offered lists, for the accessMode parameter of a class, what a claim may ask for. A directory of the machine could
// always be shared; a class that refuses to shows what a cluster with block storage would do.
var offered = map[string][]corev1.PersistentVolumeAccessMode{
	string(corev1.ReadWriteOnce): {corev1.ReadWriteOnce, corev1.ReadWriteOncePod},
	string(corev1.ReadWriteMany): {
		corev1.ReadWriteOnce, corev1.ReadWriteOncePod, corev1.ReadOnlyMany, corev1.ReadWriteMany,
	},
}

// wantsVolume tells whether a claim waits for this controller.
func wantsVolume(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) bool {
	return claim.DeletionTimestamp == nil && claim.Status.Phase == corev1.ClaimPending && claim.Spec.VolumeName == "" &&
		class.Provisioner == Provisioner
}

// volumeFor describes the volume that a claim gets, or why it gets none.
func volumeFor(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, root string) (*corev1.PersistentVolume, error) {
	mode := class.Parameters["accessMode"]
	for _, wanted := range claim.Spec.AccessModes {
		if !slices.Contains(offered[mode], wanted) {
			return nil, fmt.Errorf("class %s is %s and cannot give %s", class.Name, mode, wanted)
		}
	}
	if claim.Spec.VolumeMode != nil && *claim.Spec.VolumeMode != corev1.PersistentVolumeFilesystem {
		return nil, fmt.Errorf("class %s gives directories, not block devices", class.Name)
	}
	if claim.Spec.Selector != nil || claim.Spec.DataSource != nil || claim.Spec.DataSourceRef != nil {
		return nil, fmt.Errorf("class %s knows neither selectors nor data sources", class.Name)
	}
	directory := corev1.HostPathDirectory
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "pvc-" + string(claim.UID),
			Annotations: map[string]string{provisionedBy: Provisioner},
		},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName:              class.Name,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: requested(claim)},
			PersistentVolumeReclaimPolicy: reclaimPolicy(class),
			MountOptions:                  class.MountOptions,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim",
				Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{
				Path: filepath.Join(root, fmt.Sprintf("%s.%s.%s", claim.Namespace, claim.Name, claim.UID)),
				Type: &directory,
			}},
		},
	}, nil
}

func reclaimPolicy(class *storagev1.StorageClass) corev1.PersistentVolumeReclaimPolicy {
	if class.ReclaimPolicy == nil {
		return corev1.PersistentVolumeReclaimDelete
	}
	return *class.ReclaimPolicy
}

func requested(claim *corev1.PersistentVolumeClaim) resource.Quantity {
	return claim.Spec.Resources.Requests[corev1.ResourceStorage]
}

// isOver tells whether a volume's claim has gone and its data shall go too.
func isOver(volume *corev1.PersistentVolume) bool {
	return volume.Annotations[provisionedBy] == Provisioner && volume.DeletionTimestamp == nil &&
		volume.Status.Phase == corev1.VolumeReleased &&
		volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
}

// wantsGrowth tells whether a bound claim asks for more than it was given.
func wantsGrowth(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass) bool {
	given, wanted := claim.Status.Capacity[corev1.ResourceStorage], requested(claim)
	return class.Provisioner == Provisioner && claim.Status.Phase == corev1.ClaimBound && wanted.Cmp(given) > 0
}

// directoryOf is where a volume's data is, refused when it is anywhere but directly below the root: what is below
// it will be deleted.
func directoryOf(volume *corev1.PersistentVolume, root string) (string, error) {
	if volume.Spec.HostPath == nil {
		return "", fmt.Errorf("volume %s has no directory", volume.Name)
	}
	path := volume.Spec.HostPath.Path
	if path != filepath.Clean(path) || filepath.Dir(path) != filepath.Clean(root) {
		return "", fmt.Errorf("volume %s is at %s, which is not directly below %s", volume.Name, path, root)
	}
	return path, nil
}
