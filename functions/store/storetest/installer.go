package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/shared/release"
)

// OpenInstaller opens an empty store with the clock now.
type OpenInstaller func(t *testing.T, now func() time.Time) installer.Store

// NewRelease is a published release.
func NewRelease(platform, version string, now time.Time) *installer.Release {
	return &installer.Release{
		Manifest: release.Manifest{Platform: platform, Version: version, MinimumVersion: "0.1.0", Filename: "coopnet.exe", Size: 7, SHA256: [32]byte{1},
			Expires: now.Add(time.Hour)},
		Signature: []byte{2}, Notes: installer.Notes{EN: "new", FR: "nouveau"}, Rollout: 50, Status: installer.StatusPublished, Key: "software/x",
		CreatedBy: "tester", CreatedAt: now, PublishedAt: now, UploadEnds: now, Revision: 1,
	}
}

// TestInstaller is the suite of installer.Store.
func TestInstaller(t *testing.T, open OpenInstaller) {
	for name, test := range map[string]func(*testing.T, installer.Store, *Clock){
		"create and read":     releaseCreateAndRead,
		"compare and swap":    releaseCompareAndSwap,
		"one of many creates": releaseOneOfManyCreates,
		"one of many updates": releaseOneOfManyUpdates,
		"lists":               releaseLists,
		"cancelled context":   releaseCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(t, open(t, clock.Now), clock)
		})
	}
}

func addRelease(t *testing.T, s installer.Store, r *installer.Release) *installer.Release {
	t.Helper()
	if err := s.CreateRelease(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

func releaseCreateAndRead(t *testing.T, s installer.Store, clock *Clock) {
	made := addRelease(t, s, NewRelease("linux-amd64", "1.0.0", clock.Now()))
	if got, err := s.Release(t.Context(), "linux-amd64", "1.0.0"); err != nil || !reflect.DeepEqual(got, made) {
		t.Errorf("got %+v, %v; want %+v", got, err, made)
	}
	want(t, "taken", s.CreateRelease(t.Context(), NewRelease("linux-amd64", "1.0.0", clock.Now())), installer.ErrExists)
	addRelease(t, s, NewRelease("linux-arm64", "1.0.0", clock.Now()))
	_, err := s.Release(t.Context(), "linux-amd64", "1.0.1")
	want(t, "unknown", err, installer.ErrNotFound)
	for range 2 { // a missing one is fine
		if err := s.DeleteRelease(t.Context(), "linux-amd64", "1.0.0"); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.Release(t.Context(), "linux-amd64", "1.0.0")
	want(t, "deleted", err, installer.ErrNotFound)
}

func releaseCompareAndSwap(t *testing.T, s installer.Store, clock *Clock) {
	addRelease(t, s, NewRelease("linux-amd64", "1.0.0", clock.Now()))
	a, errA := s.Release(t.Context(), "linux-amd64", "1.0.0")
	b, errB := s.Release(t.Context(), "linux-amd64", "1.0.0")
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	a.Rollout, b.Rollout = 60, 70
	if err := s.UpdateRelease(t.Context(), a); err != nil || a.Revision != 2 {
		t.Fatalf("got revision %d, %v", a.Revision, err)
	}
	want(t, "stale update", s.UpdateRelease(t.Context(), b), installer.ErrConflict)
	if got, err := s.Release(t.Context(), "linux-amd64", "1.0.0"); err != nil || got.Rollout != 60 || got.Revision != 2 || b.Revision != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	want(t, "unknown", s.UpdateRelease(t.Context(), NewRelease("linux-amd64", "2.0.0", clock.Now())), installer.ErrConflict)
}

func releaseOneOfManyCreates(t *testing.T, s installer.Store, clock *Clock) {
	if won := race(t, 20, installer.ErrExists, func(ctx context.Context, _ int) error {
		return s.CreateRelease(ctx, NewRelease("linux-amd64", "1.0.0", clock.Now()))
	}); won != 1 {
		t.Errorf("%d writers won", won)
	}
}

func releaseOneOfManyUpdates(t *testing.T, s installer.Store, clock *Clock) {
	addRelease(t, s, NewRelease("linux-amd64", "1.0.0", clock.Now()))
	won := race(t, 20, installer.ErrConflict, func(ctx context.Context, i int) error {
		r := NewRelease("linux-amd64", "1.0.0", clock.Now())
		r.Rollout = i
		return s.UpdateRelease(ctx, r)
	})
	if r, err := s.Release(t.Context(), "linux-amd64", "1.0.0"); won != 1 || err != nil || r.Revision != 2 {
		t.Errorf("%d writers won; now %+v, %v", won, r, err)
	}
}

func releaseLists(t *testing.T, s installer.Store, clock *Clock) {
	for _, status := range []string{installer.StatusPending, installer.StatusPublished, installer.StatusWithdrawn} {
		for _, platform := range []string{"linux-amd64", "windows-amd64"} {
			r := NewRelease(platform, map[string]string{installer.StatusPending: "1.2.0", installer.StatusPublished: "1.1.0", installer.StatusWithdrawn: "1.0.0"}[status], clock.Now())
			r.Status = status
			addRelease(t, s, r)
		}
	}
	for platform, expected := range map[string][]string{
		"":              {"linux-amd64 1.0.0", "linux-amd64 1.1.0", "linux-amd64 1.2.0", "windows-amd64 1.0.0", "windows-amd64 1.1.0", "windows-amd64 1.2.0"},
		"windows-amd64": {"windows-amd64 1.0.0", "windows-amd64 1.1.0", "windows-amd64 1.2.0"},
		"windows":       nil,
	} {
		releases, err := s.Releases(t.Context(), platform)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range releases {
			got = append(got, fmt.Sprint(r.Platform, " ", r.Version))
		}
		slices.Sort(got)
		if !slices.Equal(got, expected) {
			t.Errorf("%q: got %v, want %v", platform, got, expected)
		}
	}
}

func releaseCancelled(t *testing.T, s installer.Store, clock *Clock) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "create", s.CreateRelease(ctx, NewRelease("linux-amd64", "1.0.0", clock.Now())), context.Canceled)
	_, err := s.Releases(ctx, "")
	want(t, "list", err, context.Canceled)
	_, err = s.Release(t.Context(), "linux-amd64", "1.0.0")
	want(t, "nothing was stored", err, installer.ErrNotFound)
}
