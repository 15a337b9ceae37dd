package conference

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/release"
)

// Launch lets the installed software take over an admission, once and soon: the page opens coopnet://join/CODE, and the
// software shows the code. The code is known only to the page and the software; the store has its SHA-256.
type Launch struct {
	Hash       [32]byte  `json:"hash"`
	Admission  Admission `json:"admission"`
	Name       string    `json:"name"` // that the list of participants will show
	CreatedAt  time.Time `json:"createdAt"`
	EndsAt     time.Time `json:"endsAt"`    // after that it opens nothing
	ExpiresAt  time.Time `json:"expiresAt"` // until then the page may ask what has become of it
	RedeemedAt time.Time `json:"redeemedAt,omitzero"`
	By         Installed `json:"by"` // that redeemed it; before that, the last that was too old to
}

// Installed is the software on somebody's computer.
type Installed struct {
	Platform string `json:"platform"`
	Version  string `json:"version"`
}

// Software is what the domain needs to hand conferences over to the software. Without Launches it does not.
type Software struct {
	Launches Launches
	Releases Releases // nil: every version is good enough
}

// Launches keeps launches. What has expired is never returned.
type Launches interface {
	// CreateLaunch stores a new one. ErrConflict when the hash is there.
	CreateLaunch(ctx context.Context, l *Launch) error
	// Launch returns one, redeemed or not, or ErrNotFound.
	Launch(ctx context.Context, hash [32]byte) (*Launch, error)
	// RedeemLaunch marks it redeemed. ErrConflict when it was, or is not there: of many callers one has no error.
	RedeemLaunch(ctx context.Context, hash [32]byte, by Installed, at time.Time) error
	// RefuseLaunch keeps which software was too old to redeem it. What was redeemed, or is not there, stays as it is.
	RefuseLaunch(ctx context.Context, hash [32]byte, by Installed) error
}

// Releases knows the releases of the software.
type Releases interface {
	// Check returns the release that must be installed before this version may join; nil when it may.
	Check(ctx context.Context, platform, version string) (upgrade *Release, err error)
}

// Release is a release to install, as the catalogue shows it.
type Release struct {
	Version        string    `json:"version"`
	MinimumVersion string    `json:"minimumVersion"`
	Platform       string    `json:"platform"`
	Filename       string    `json:"filename"`
	Size           int64     `json:"size"`
	SHA256         string    `json:"sha256"`
	Manifest       string    `json:"manifest"`
	Signature      string    `json:"signature"`
	ExpiresAt      time.Time `json:"expiresAt"`
	URL            string    `json:"url"`
	Notes          any       `json:"notes"`
}

// Values of Launch.Status.
const (
	LaunchWaiting  = "waiting"
	LaunchRedeemed = "redeemed"
	LaunchExpired  = "expired"
)

const (
	launchLife   = 5 * time.Minute
	launchMemory = time.Hour // after it ended
	launchBurst  = 20        // of one participant
	launchEvery  = 15 * time.Second
)

// Status says what has become of a launch.
func (l *Launch) Status(now time.Time) string {
	switch {
	case !l.RedeemedAt.IsZero():
		return LaunchRedeemed
	case !now.Before(l.EndsAt):
		return LaunchExpired
	}
	return LaunchWaiting
}

// Launch makes a code with which the software joins as this participant. It is returned once and cannot be had again.
func (d *Domain) Launch(ctx context.Context, a Admission, who *Identity) (l *Launch, code string, err error) {
	if d.cfg.Software.Launches == nil {
		return nil, "", unknownLaunch()
	}
	who, person, err := a.participant(who)
	if err != nil {
		return nil, "", err
	}
	a.Person = person
	if _, err := d.admitted(ctx, a); err != nil {
		return nil, "", err
	}
	wait, err := d.cfg.Limiter.Spend(ctx, "l:"+a.Participant, launchBurst, launchEvery)
	if err != nil {
		return nil, "", err
	}
	if err := slowDown(wait); err != nil {
		return nil, "", err
	}
	secret := make([]byte, codeBytes)
	if _, err := io.ReadFull(d.cfg.Rand, secret); err != nil {
		return nil, "", fmt.Errorf("read random bytes: %w", err)
	}
	code = base64.RawURLEncoding.EncodeToString(secret)
	now := d.cfg.Now().UTC().Truncate(time.Millisecond)
	l = &Launch{
		Hash: sha256.Sum256([]byte(code)), Admission: a, Name: who.DisplayName(), CreatedAt: now,
		EndsAt: now.Add(launchLife), ExpiresAt: now.Add(launchLife + launchMemory),
	}
	if err := d.cfg.Software.Launches.CreateLaunch(ctx, l); err != nil {
		return nil, "", fmt.Errorf("store launch: %w", err)
	}
	return l, code, nil
}

func unknownLaunch() error {
	return problem.New(problem.NotFound, "There is no such launch code, or not any more.")
}

// LaunchOf returns the launch with a code.
func (d *Domain) LaunchOf(ctx context.Context, code string) (*Launch, error) {
	if d.cfg.Software.Launches == nil {
		return nil, unknownLaunch()
	}
	l, err := d.cfg.Software.Launches.Launch(ctx, sha256.Sum256([]byte(code)))
	if errors.Is(err, ErrNotFound) {
		return nil, unknownLaunch()
	}
	if err != nil {
		return nil, fmt.Errorf("read launch: %w", err)
	}
	return l, nil
}

// Redeem gives the software a join token and an admission of its own, once. Where somebody has to let the guest in first,
// it gives the admission and *Waiting, and the software asks for the token with the admission, as the page does. A version that is too old is told what to
// install, and the code stays good: the version is asked here and nowhere else, so nobody is ejected for it.
func (d *Domain) Redeem(ctx context.Context, code string, by Installed) (*Ticket, Admission, error) {
	if err := by.check(); err != nil {
		return nil, Admission{}, err
	}
	l, err := d.LaunchOf(ctx, code)
	if err != nil {
		return nil, Admission{}, err
	}
	now := d.cfg.Now().UTC().Truncate(time.Millisecond)
	switch l.Status(now) {
	case LaunchRedeemed:
		return nil, Admission{}, redeemed()
	case LaunchExpired:
		return nil, Admission{}, unknownLaunch()
	}
	if err := d.newEnough(ctx, by); err != nil {
		d.tellOld(ctx, l, by, err)
		return nil, Admission{}, err
	}
	a := l.Admission
	a.Software, a.Name = true, l.Name
	// Minted first: what fails here leaves the code good. A ticket that is not handed out harms nobody.
	ticket, joinErr := d.JoinToken(ctx, a, nil, ModeSoftware)
	var wait *Waiting
	if joinErr != nil && !errors.As(joinErr, &wait) {
		return nil, Admission{}, joinErr
	}
	err = d.cfg.Software.Launches.RedeemLaunch(ctx, l.Hash, by, now)
	if errors.Is(err, ErrConflict) {
		return nil, Admission{}, redeemed()
	}
	if err != nil {
		return nil, Admission{}, fmt.Errorf("redeem launch: %w", err)
	}
	return ticket, a, joinErr
}

// tellOld lets the page know that the software which came is too old. The refusal stands without that, too.
func (d *Domain) tellOld(ctx context.Context, l *Launch, by Installed, why error) {
	var p *problem.Error
	if !errors.As(why, &p) || p.Code != problem.UpgradeRequired || l.By == by {
		return
	}
	if err := d.cfg.Software.Launches.RefuseLaunch(ctx, l.Hash, by); err != nil {
		d.cfg.Logger.WarnContext(ctx, "the page is not told that the software is too old", "error", err)
	}
}

func redeemed() error { return problem.New(problem.Conflict, "The launch code has been used.") }

func (by Installed) check() error {
	var v check
	if !release.ValidVersion(by.Version) {
		v.fail("/version", "is not such as 1.4.0")
	}
	if !release.ValidPlatform(by.Platform) {
		v.fail("/platform", "is not such as windows-amd64")
	}
	return v.err()
}

func (d *Domain) newEnough(ctx context.Context, by Installed) error {
	if d.cfg.Software.Releases == nil {
		return nil
	}
	upgrade, err := d.cfg.Software.Releases.Check(ctx, by.Platform, by.Version)
	if err != nil {
		return fmt.Errorf("check the software's version: %w", err)
	}
	if upgrade == nil {
		return nil
	}
	return &problem.Error{
		Code: problem.UpgradeRequired, Detail: "Version " + upgrade.MinimumVersion + " or a newer one is needed. Install version " + upgrade.Version + ".",
		Extra: map[string]any{"release": upgrade},
	}
}
