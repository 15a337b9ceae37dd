package installer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/shared/release"
)

// Asker is who wants to know of a release.
type Asker struct {
	ID      string // opaque, the same each time; without one only releases for everybody are seen
	Version string // that is installed; "" is none
}

func (a Asker) check() error {
	if len(a.ID) > maxAsker {
		return invalid("/id", fmt.Sprintf("is longer than %d bytes", maxAsker))
	}
	if a.Version != "" && !release.ValidVersion(a.Version) {
		return invalid("/version", "is not such as 1.4.0")
	}
	return nil
}

// Gets reports whether a release is rolled out to an asker. Each release has an order of its own, so that nobody is
// always among the first.
func (r *Release) Gets(asker string) bool {
	if r.Rollout >= 100 {
		return true
	}
	if asker == "" {
		return false
	}
	sum := sha256.Sum256([]byte(r.Platform + "\n" + r.Version + "\n" + asker))
	return binary.BigEndian.Uint64(sum[:])%100 < uint64(max(r.Rollout, 0))
}

// newest is the release that an asker gets of those of one platform; nil for none, and when it is not newer than what is
// installed: nobody is led to a lower version, whatever was withdrawn.
func (d *Domain) newest(releases []*Release, a Asker) *Release {
	now := d.cfg.Now()
	var best *Release
	for _, r := range releases {
		if r.Status != StatusPublished || !now.Before(r.Expires) || !r.Gets(a.ID) {
			continue
		}
		if best == nil || release.Compare(r.Version, best.Version) > 0 {
			best = r
		}
	}
	if best != nil && a.Version != "" && release.Compare(best.Version, a.Version) <= 0 {
		return nil
	}
	return best
}

// Newest returns the release for an asker's platform, or a problem.
func (d *Domain) Newest(ctx context.Context, platform string, a Asker) (*Release, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if !release.ValidPlatform(platform) {
		return nil, unknown()
	}
	releases, err := d.cfg.Store.Releases(ctx, platform)
	if err != nil {
		return nil, fmt.Errorf("list releases: %w", err)
	}
	r := d.newest(releases, a)
	if r == nil {
		return nil, unknown()
	}
	return r, nil
}

// All returns the release of each platform for an asker, by platform.
func (d *Domain) All(ctx context.Context, a Asker) ([]*Release, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	releases, err := d.cfg.Store.Releases(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("list releases: %w", err)
	}
	byPlatform := make(map[string][]*Release)
	for _, r := range releases {
		byPlatform[r.Platform] = append(byPlatform[r.Platform], r)
	}
	var all []*Release
	for _, of := range byPlatform {
		if r := d.newest(of, a); r != nil {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *Release) int { return strings.Compare(a.Platform, b.Platform) })
	return all, nil
}

// Check returns the release that must be installed before a version may join; nil when it may. Only what everybody can
// have is demanded, and nobody is asked but who joins: who is inside stays.
func (d *Domain) Check(ctx context.Context, platform, version string) (*Release, error) {
	releases, err := d.cfg.Store.Releases(ctx, platform)
	if err != nil {
		return nil, fmt.Errorf("list releases: %w", err)
	}
	r := d.newest(releases, Asker{})
	if r == nil || release.Compare(version, r.MinimumVersion) >= 0 {
		return nil, nil
	}
	return r, nil
}

// Link returns where a release's file is, for five minutes. Version "" is the newest for the asker.
func (d *Domain) Link(ctx context.Context, platform, version string, a Asker) (url string, err error) {
	r, err := d.wanted(ctx, platform, version, a)
	if err != nil {
		return "", err
	}
	url, err = d.cfg.Blobs.Download(ctx, r.Key, r.Filename, d.now().Add(downloadLife))
	if err != nil {
		return "", fmt.Errorf("sign the download: %w", err)
	}
	return url, nil
}

func (d *Domain) wanted(ctx context.Context, platform, version string, a Asker) (*Release, error) {
	if version == "" {
		return d.Newest(ctx, platform, a)
	}
	if !release.ValidPlatform(platform) || !release.ValidVersion(version) {
		return nil, unknown()
	}
	r, err := d.cfg.Store.Release(ctx, platform, version)
	if errors.Is(err, ErrNotFound) || err == nil && (r.Status != StatusPublished || !d.cfg.Now().Before(r.Expires)) {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("read release: %w", err)
	}
	return r, nil
}
