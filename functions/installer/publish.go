package installer

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/release"
	"github.com/coopnet/coopnet/shared/text"
)

// Draft is a release before it exists.
type Draft struct {
	Platform       string    `json:"platform"`
	Version        string    `json:"version"`
	MinimumVersion string    `json:"minimumVersion"`
	Filename       string    `json:"filename"`
	Size           int64     `json:"size"`
	SHA256         string    `json:"sha256"` // hexadecimal
	ExpiresAt      time.Time `json:"expiresAt"`
	Signature      string    `json:"signature"` // base64, of the manifest
	Notes          Notes     `json:"notes"`
	Rollout        int       `json:"rollout"`
}

// NewDraft has the defaults.
func NewDraft() Draft { return Draft{MinimumVersion: "0.0.0", Rollout: 100} }

type check struct{ fields []problem.Field }

func (v *check) unless(fine bool, pointer, detail string) {
	if !fine {
		v.fields = append(v.fields, problem.Field{Pointer: pointer, Detail: detail})
	}
}

func (v *check) err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: v.fields}
}

func (v *check) notes(n *Notes) {
	for pointer, s := range map[string]*string{"/notes/en": &n.EN, "/notes/fr": &n.FR} {
		*s = norm.NFC.String(*s)
		v.unless(utf8.RuneCountInString(*s) <= maxNotes, pointer, fmt.Sprintf("is longer than %d characters", maxNotes))
		v.unless(!strings.ContainsFunc(*s, func(r rune) bool { return text.Hidden(r) && r != '\n' && r != '\t' }), pointer, "contains characters that nobody sees")
	}
}

func (v *check) expiry(at, now time.Time) {
	v.unless(at.After(now) && at.Before(now.Add(maxExpiry)), "/expiresAt", "must be in the future, within two years")
	v.unless(at.Equal(at.Truncate(time.Second)), "/expiresAt", "must be a whole second")
}

func (v *check) rollout(n int) {
	v.unless(n >= 0 && n <= 100, "/rollout", "must be between 0 and 100")
}

// normalise returns the manifest that the draft describes, with everything checked but its signature.
func (f *Draft) normalise(now time.Time) (release.Manifest, error) {
	var v check
	sum, err := hex.DecodeString(f.SHA256)
	v.unless(err == nil && len(sum) == 32, "/sha256", "must be 64 hexadecimal digits")
	v.unless(release.ValidPlatform(f.Platform), "/platform", "must be such as windows-amd64")
	v.unless(release.ValidVersion(f.Version), "/version", "must be such as 1.4.0")
	v.unless(release.ValidVersion(f.MinimumVersion), "/minimumVersion", "must be such as 1.4.0")
	v.unless(release.ValidFilename(f.Filename), "/filename", "may have letters, digits, dots, hyphens and underscores")
	v.unless(f.Size >= 1 && f.Size <= maxSize, "/size", fmt.Sprintf("must be between 1 and %d", maxSize))
	v.expiry(f.ExpiresAt, now)
	v.notes(&f.Notes)
	v.rollout(f.Rollout)
	if err := v.err(); err != nil {
		return release.Manifest{}, err
	}
	v.unless(release.Compare(f.MinimumVersion, f.Version) <= 0, "/minimumVersion", "is above the version")
	return release.Manifest{
		Platform: f.Platform, Version: f.Version, MinimumVersion: f.MinimumVersion, Filename: f.Filename, Size: f.Size, SHA256: [32]byte(sum),
		Expires: f.ExpiresAt.UTC(),
	}, v.err()
}

// verify checks a signature in base64.
func (d *Domain) verify(m release.Manifest, signature string) ([]byte, error) {
	if len(d.cfg.Keys) == 0 {
		return nil, problem.New(problem.Forbidden, "This server knows no publisher's public key, so nothing can be published.")
	}
	b, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || release.Verify(d.cfg.Keys, m, b) != nil {
		return nil, invalid("/signature", "is not the signature of a known publisher over this manifest")
	}
	return b, nil
}

// Publish stores a pending release and signs the upload of its file. The same file again signs it anew.
func (d *Domain) Publish(ctx context.Context, actor string, f Draft) (*Release, blob.Upload, error) {
	m, err := f.normalise(d.cfg.Now())
	if err != nil {
		return nil, blob.Upload{}, err
	}
	signature, err := d.verify(m, f.Signature)
	if err != nil {
		return nil, blob.Upload{}, err
	}
	name, err := d.randomText()
	if err != nil {
		return nil, blob.Upload{}, err
	}
	now := d.now()
	r := &Release{
		Manifest: m, Signature: signature, Notes: f.Notes, Rollout: f.Rollout, Status: StatusPending, Key: "software/" + m.Platform + "/" + name,
		CreatedBy: actor, CreatedAt: now, UploadEnds: now.Add(uploadLife), Revision: 1,
	}
	err = d.cfg.Store.CreateRelease(ctx, r)
	if errors.Is(err, ErrExists) {
		r, err = d.again(ctx, r)
	}
	if err != nil {
		return nil, blob.Upload{}, fmt.Errorf("store release: %w", err)
	}
	upload, err := d.cfg.Blobs.Upload(ctx, r.Key, blob.Object{Size: r.Size, SHA256: r.SHA256}, r.UploadEnds)
	if err != nil {
		return nil, blob.Upload{}, fmt.Errorf("sign the upload: %w", err)
	}
	d.cfg.Logger.InfoContext(ctx, "a release is being published", "platform", r.Platform, "version", r.Version, "actor", actor)
	return r, upload, nil
}

// again returns the pending release of the same file, with more time for it. What else the manifest says, its expiry at
// least, is as it was signed last.
func (d *Domain) again(ctx context.Context, r *Release) (*Release, error) {
	return d.change(ctx, r.Platform, r.Version, func(have *Release) error {
		if have.Status != StatusPending {
			return problem.New(problem.Conflict, "This version has been published. A release cannot be replaced: publish a higher version.")
		}
		if have.Size != r.Size || have.SHA256 != r.SHA256 {
			return problem.New(problem.Conflict, "Another file is being published as this version. Delete that release, or let it go by itself within a day.")
		}
		have.Manifest, have.Signature, have.Notes, have.Rollout, have.UploadEnds = r.Manifest, r.Signature, r.Notes, r.Rollout, r.UploadEnds
		return nil
	})
}

func (d *Domain) randomText() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(d.cfg.Rand, b); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// read returns a release in any state.
func (d *Domain) read(ctx context.Context, platform, version string) (*Release, error) {
	r, err := d.cfg.Store.Release(ctx, platform, version)
	if errors.Is(err, ErrNotFound) {
		return nil, unknown()
	}
	if err != nil {
		return nil, fmt.Errorf("read release: %w", err)
	}
	return r, nil
}

// change applies f to a release until nobody else changes it at the same time. An error of f ends it.
func (d *Domain) change(ctx context.Context, platform, version string, f func(*Release) error) (*Release, error) {
	for range 5 {
		r, err := d.read(ctx, platform, version)
		if err != nil {
			return nil, err
		}
		if err := f(r); err != nil {
			return nil, err
		}
		err = d.cfg.Store.UpdateRelease(ctx, r)
		if err == nil {
			return r, nil
		}
		if !errors.Is(err, ErrConflict) {
			return nil, fmt.Errorf("update release: %w", err)
		}
	}
	return nil, problem.New(problem.Conflict, "The release is being changed by somebody else. Try again.")
}

// Complete publishes a release whose file is there as its manifest says. Again is fine.
func (d *Domain) Complete(ctx context.Context, actor, platform, version string) (*Release, error) {
	r, err := d.read(ctx, platform, version)
	if err != nil || r.Status != StatusPending {
		return r, err
	}
	have, err := d.cfg.Blobs.Stat(ctx, r.Key)
	if errors.Is(err, blob.ErrNotFound) {
		return nil, problem.New(problem.Conflict, "The release's file has not arrived. Upload it again.")
	}
	if err != nil {
		return nil, fmt.Errorf("look at the release's file: %w", err)
	}
	if have != (blob.Object{Size: r.Size, SHA256: r.SHA256}) {
		if err := d.cfg.Blobs.Delete(ctx, r.Key); err != nil { // so that the right one can be uploaded
			return nil, fmt.Errorf("delete a file that is not the release: %w", err)
		}
		return nil, problem.New(problem.Conflict, "What arrived is not the file of the manifest. Upload it again.")
	}
	r, err = d.change(ctx, platform, version, func(r *Release) error {
		if r.Status == StatusPending {
			r.Status, r.PublishedAt = StatusPublished, d.now()
		}
		return nil
	})
	if err == nil {
		d.cfg.Logger.InfoContext(ctx, "a release is published", "platform", platform, "version", version, "rollout", r.Rollout, "actor", actor)
	}
	return r, err
}

// Changes is what a publisher may change of a release; nil leaves it. A new expiry needs a new signature.
type Changes struct {
	Rollout   *int       `json:"rollout"`
	Withdrawn *bool      `json:"withdrawn"`
	Notes     *Notes     `json:"notes"`
	ExpiresAt *time.Time `json:"expiresAt"`
	Signature *string    `json:"signature"`
}

func (c *Changes) normalise(now time.Time) error {
	var v check
	if c.Rollout != nil {
		v.rollout(*c.Rollout)
	}
	if c.Notes != nil {
		v.notes(c.Notes)
	}
	if c.ExpiresAt != nil {
		v.expiry(*c.ExpiresAt, now)
	}
	v.unless((c.ExpiresAt == nil) == (c.Signature == nil), "/signature", "goes with expiresAt, and expiresAt with it")
	return v.err()
}

// Change changes a release that is as expected says.
func (d *Domain) Change(ctx context.Context, actor, platform, version string, c Changes, expected func(revision int64) error) (*Release, error) {
	if err := c.normalise(d.cfg.Now()); err != nil {
		return nil, err
	}
	r, err := d.change(ctx, platform, version, func(r *Release) error {
		if err := expected(r.Revision); err != nil {
			return err
		}
		return d.apply(r, c)
	})
	if err != nil {
		return nil, err
	}
	d.cfg.Logger.InfoContext(ctx, "a release was changed", "platform", platform, "version", version, "status", r.Status, "rollout", r.Rollout, "actor", actor)
	return r, nil
}

func (d *Domain) apply(r *Release, c Changes) error {
	if c.Rollout != nil {
		r.Rollout = *c.Rollout
	}
	if c.Notes != nil {
		r.Notes = *c.Notes
	}
	if c.ExpiresAt != nil {
		m := r.Manifest
		m.Expires = c.ExpiresAt.UTC()
		signature, err := d.verify(m, *c.Signature)
		if err != nil {
			return err
		}
		r.Manifest, r.Signature = m, signature
	}
	if c.Withdrawn != nil {
		switch {
		case r.Status == StatusPending:
			return problem.New(problem.Conflict, "The release has not been published: delete it, or let it go by itself within a day.")
		case *c.Withdrawn:
			r.Status = StatusWithdrawn
		default:
			r.Status = StatusPublished
		}
	}
	return nil
}

// Delete forgets a release that was never published. A published one is withdrawn instead: its version stays taken.
func (d *Domain) Delete(ctx context.Context, actor, platform, version string, expected func(revision int64) error) error {
	r, err := d.read(ctx, platform, version)
	if err != nil {
		return err
	}
	if err := expected(r.Revision); err != nil {
		return err
	}
	if r.Status != StatusPending {
		return problem.New(problem.Conflict, "The release has been published: withdraw it.")
	}
	d.cfg.Logger.InfoContext(ctx, "a release is given up", "platform", platform, "version", version, "actor", actor)
	return d.forget(ctx, r)
}

// forget deletes the file first: what fails in between is still there to be tried again.
func (d *Domain) forget(ctx context.Context, r *Release) error {
	if err := d.cfg.Blobs.Delete(ctx, r.Key); err != nil && !errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("delete the release's file: %w", err)
	}
	if err := d.cfg.Store.DeleteRelease(ctx, r.Platform, r.Version); err != nil {
		return fmt.Errorf("delete release: %w", err)
	}
	return nil
}

// Clean forgets releases whose files never came, a day after they were announced.
func (d *Domain) Clean(ctx context.Context) (removed int, err error) {
	releases, err := d.cfg.Store.Releases(ctx, "")
	if err != nil {
		return 0, fmt.Errorf("list releases: %w", err)
	}
	for _, r := range releases {
		if r.Status != StatusPending || d.cfg.Now().Before(r.UploadEnds.Add(cleanGrace)) {
			continue
		}
		if err := d.forget(ctx, r); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}
