package storage

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const root = "/volumes"

func class(mode string) *storagev1.StorageClass {
	return &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "lab"}, Provisioner: Provisioner, Parameters: map[string]string{"accessMode": mode},
	}
}

func claim(size string, modes ...corev1.PersistentVolumeAccessMode) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "users", Name: "home", UID: "1-2"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: modes,
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{"storage": resource.MustParse(size)}},
		},
		Status: corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending},
	}
}

func TestVolumeFor(t *testing.T) {
	volume, err := volumeFor(claim("2Gi", corev1.ReadWriteOnce), class("ReadWriteOnce"), root)
	if err != nil {
		t.Fatal(err)
	}
	if volume.Spec.HostPath.Path != "/volumes/users.home.1-2" || volume.Spec.ClaimRef.UID != "1-2" {
		t.Errorf("%+v", volume.Spec)
	}
	if size := volume.Spec.Capacity["storage"]; size.String() != "2Gi" {
		t.Errorf("capacity %s", size.String())
	}
	if volume.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
		t.Errorf("reclaim %s", volume.Spec.PersistentVolumeReclaimPolicy)
	}
}

func TestAccessModes(t *testing.T) {
	for _, test := range []struct {
		class string
		mode  corev1.PersistentVolumeAccessMode
		given bool
	}{
		{"ReadWriteOnce", corev1.ReadWriteOnce, true},
		{"ReadWriteOnce", corev1.ReadWriteOncePod, true},
		{"ReadWriteOnce", corev1.ReadWriteMany, false},
		{"ReadWriteOnce", corev1.ReadOnlyMany, false},
		{"ReadWriteMany", corev1.ReadWriteMany, true},
		{"ReadWriteMany", corev1.ReadOnlyMany, true},
		{"ReadWriteMany", corev1.ReadWriteOnce, true},
		{"", corev1.ReadWriteOnce, false},
	} {
		_, err := volumeFor(claim("1Gi", test.mode), class(test.class), root)
		if (err == nil) != test.given {
			t.Errorf("%s from %q: %v", test.mode, test.class, err)
		}
		if err != nil && !strings.Contains(err.Error(), string(test.mode)) {
			t.Errorf("the refusal does not name what was asked for: %v", err)
		}
	}
}

func TestWantsVolume(t *testing.T) {
	waiting, bound, named := claim("1Gi"), claim("1Gi"), claim("1Gi")
	bound.Status.Phase = corev1.ClaimBound
	named.Spec.VolumeName = "made-by-hand"
	foreign := class("ReadWriteOnce")
	foreign.Provisioner = "example.com/other"
	for _, test := range []struct {
		name  string
		claim *corev1.PersistentVolumeClaim
		class *storagev1.StorageClass
		want  bool
	}{
		{"waiting", waiting, class("ReadWriteOnce"), true},
		{"bound", bound, class("ReadWriteOnce"), false},
		{"names its volume", named, class("ReadWriteOnce"), false},
		{"another provisioner's", waiting, foreign, false},
	} {
		if got := wantsVolume(test.claim, test.class); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestWantsGrowth(t *testing.T) {
	for _, test := range []struct {
		asked, given string
		want         bool
	}{{"2Gi", "1Gi", true}, {"1Gi", "1Gi", false}, {"1Gi", "2Gi", false}} {
		bound := claim(test.asked)
		bound.Status.Phase = corev1.ClaimBound
		bound.Status.Capacity = corev1.ResourceList{"storage": resource.MustParse(test.given)}
		if got := wantsGrowth(bound, class("ReadWriteOnce")); got != test.want {
			t.Errorf("%s of %s: %v", test.asked, test.given, got)
		}
	}
}

func TestIsOver(t *testing.T) {
	volume := func(phase corev1.PersistentVolumePhase, by string, policy corev1.PersistentVolumeReclaimPolicy) *corev1.PersistentVolume {
		return &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{provisionedBy: by}},
			Spec:       corev1.PersistentVolumeSpec{PersistentVolumeReclaimPolicy: policy},
			Status:     corev1.PersistentVolumeStatus{Phase: phase},
		}
	}
	for _, test := range []struct {
		name   string
		volume *corev1.PersistentVolume
		want   bool
	}{
		{"released", volume(corev1.VolumeReleased, Provisioner, corev1.PersistentVolumeReclaimDelete), true},
		{"bound", volume(corev1.VolumeBound, Provisioner, corev1.PersistentVolumeReclaimDelete), false},
		{"kept", volume(corev1.VolumeReleased, Provisioner, corev1.PersistentVolumeReclaimRetain), false},
		{"another's", volume(corev1.VolumeReleased, "example.com/other", corev1.PersistentVolumeReclaimDelete), false},
	} {
		if got := isOver(test.volume); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestOnlyDirectoriesBelowTheRootAreDeleted(t *testing.T) {
	for path, fine := range map[string]bool{
		"/volumes/users.home.1-2": true,
		"/volumes":                false,
		"/volumes/a/b":            false,
		"/volumes/../etc":         false,
		"/volumes/a/..":           false,
		"/volumes/..":             false,
		"/volumes/.":              false,
		"/etc":                    false,
	} {
		volume := &corev1.PersistentVolume{}
		volume.Spec.HostPath = &corev1.HostPathVolumeSource{Path: path}
		if _, err := directoryOf(volume, root); (err == nil) != fine {
			t.Errorf("%s: %v", path, err)
		}
	}
}
