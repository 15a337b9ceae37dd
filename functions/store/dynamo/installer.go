package dynamo

import (
	"context"
	"fmt"
	"sync"

	"github.com/coopnet/coopnet/functions/installer"
)

// Installer is the store of releases. All lie together, so that a list misses none. Everybody who starts the software
// asks for a platform's: they are read once a second by each process.
type Installer struct {
	db    *DB
	table table

	mu    sync.Mutex
	known map[string]catalogue // by platform
}

// catalogue is the releases of a platform at a moment. Nobody changes the items.
type catalogue struct {
	items []item
	at    int64
}

var _ installer.Store = (*Installer)(nil)

// Installer returns the store of releases.
func (db *DB) Installer() *Installer {
	return &Installer{db: db, table: db.table(db.cfg.Tables.Installer), known: make(map[string]catalogue)}
}

func releaseKey(platform, version string) key { return key{"release", platform + "#" + version} }

// CreateRelease implements installer.Store.
func (s *Installer) CreateRelease(ctx context.Context, r *installer.Release) error {
	return s.save(ctx, r, r.Revision, absent(), installer.ErrExists)
}

func (s *Installer) save(ctx context.Context, r *installer.Release, revision int64, where expression, refused error) error {
	defer s.forget()
	done, err := s.table.save(ctx, releaseKey(r.Platform, r.Version), r, item{"version": number(revision)}, where)
	if err == nil && !done {
		return refused
	}
	return err
}

// Release implements installer.Store.
func (s *Installer) Release(ctx context.Context, platform, version string) (*installer.Release, error) {
	i, err := s.table.get(ctx, releaseKey(platform, version))
	if err != nil {
		return nil, err
	}
	r, err := decodeRow[installer.Release](i)
	if err == nil && r == nil {
		return nil, installer.ErrNotFound
	}
	return r, err
}

// UpdateRelease implements installer.Store.
func (s *Installer) UpdateRelease(ctx context.Context, r *installer.Release) error {
	next := *r
	next.Revision++
	err := s.save(ctx, &next, next.Revision, unchanged(r.Revision), installer.ErrConflict)
	if err == nil {
		r.Revision = next.Revision
	}
	return err
}

// DeleteRelease implements installer.Store.
func (s *Installer) DeleteRelease(ctx context.Context, platform, version string) error {
	defer s.forget()
	return s.table.remove(ctx, releaseKey(platform, version), expression{})
}

// Releases implements installer.Store. They may be a second old where another process has changed them.
func (s *Installer) Releases(ctx context.Context, platform string) ([]*installer.Release, error) {
	items, ok := s.recently(platform)
	if !ok {
		var err error
		if items, err = s.read(ctx, platform); err != nil {
			return nil, err
		}
		s.remember(platform, items)
	}
	var releases []*installer.Release
	for _, i := range items {
		r, err := decodeRow[installer.Release](i)
		if err != nil {
			return nil, err
		}
		releases = append(releases, r)
	}
	return releases, nil
}

func (s *Installer) read(ctx context.Context, platform string) (items []item, err error) {
	ctx, cancel := s.db.change(ctx)
	defer cancel()
	all := span{keys: when("#pk = :pk", item{":pk": text("release")})}
	if platform != "" {
		all.keys = all.keys.and(when("begins_with(#sk, :platform)", item{":platform": text(releaseKey(platform, "").sk)}))
	}
	for {
		found, last, err := s.table.query(ctx, all)
		if err != nil {
			return nil, fmt.Errorf("list releases: %w", err)
		}
		items = append(items, found...)
		if all.after = last; last == nil {
			return items, nil
		}
	}
}

func (s *Installer) recently(platform string) (items []item, ok bool) {
	now := s.db.cfg.Now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.known[platform]
	age := now - c.at
	return c.items, ok && age >= 0 && age < recentAge.Milliseconds()
}

func (s *Installer) remember(platform string, items []item) {
	now := s.db.cfg.Now().UnixMilli()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= recentMost { // platforms that somebody made up
		clear(s.known)
	}
	s.known[platform] = catalogue{items, now}
}

func (s *Installer) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}
