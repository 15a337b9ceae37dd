package conference

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// Attempt is what somebody shows to be admitted: name and password, or an invitation's code. For a colleague the name may
// be enough.
type Attempt struct {
	Name       string     `json:"name"`
	Password   string     `json:"password"`
	Invitation string     `json:"invitation"`
	Colleague  *Colleague `json:"-"` // who has signed in; no part of the body
}

// byNameAlone reports whether no password is looked at.
func (a Attempt) byNameAlone() bool {
	return a.Invitation == "" && a.Colleague != nil && !a.Colleague.NeedsPassword
}

// denied is the one refusal, whatever the reason: who guesses learns nothing.
func denied() error {
	return problem.New(problem.ConferenceDenied, "The conference cannot be joined with this name and password at this time. "+
		"Check capitals and spaces, and the time of the conference.")
}

// Admit lets somebody in, or refuses with one answer. Unknown name, wrong password, ended and closed to guests cost the
// same work. Who holds what is right for a conference that opens later is admitted, and learns when: join tokens come then.
func (d *Domain) Admit(ctx context.Context, who Client, a Attempt) (*Admission, *Conference, error) {
	if a.Invitation == "" && (a.Name == "" || a.Password == "" && !a.byNameAlone()) {
		return nil, nil, missing(a)
	}
	name, nameErr := NormalName(a.Name)
	tries := d.attempts(who, name)
	if err := tries.check(ctx); err != nil {
		return nil, nil, err
	}
	var in *entrance
	var err error
	switch {
	case a.Invitation != "":
		in, err = d.byInvitation(ctx, a.Invitation)
	case a.byNameAlone():
		in, err = d.byName(ctx, name, nameErr == nil, a)
	default:
		in, err = d.byPassword(ctx, name, nameErr == nil, a)
	}
	if err != nil {
		return nil, nil, err
	}
	now := d.cfg.Now()
	if in == nil || !in.admits(now) {
		if err := tries.failed(ctx); err != nil {
			return nil, nil, err
		}
		return nil, nil, denied()
	}
	if err := tries.check(ctx); err != nil { // see attempts: the result of a burst is not told
		return nil, nil, err
	}
	if a.Invitation == "" && !a.byNameAlone() {
		d.cfg.Hasher.Remember(in.conference.PasswordHash, NormalPassword(a.Password))
	}
	admission, err := d.admission(in, who, now)
	if err == nil && in.colleague != nil {
		d.cfg.Logger.InfoContext(ctx, "colleague admitted", "conference", in.conference.ID, "participant", admission.Participant, "by", in.colleague.Actor)
	}
	return admission, in.conference, err
}

func missing(a Attempt) error {
	var v check
	if a.Name == "" {
		v.fail("/name", "is empty")
	}
	if a.Password == "" && !a.byNameAlone() {
		v.fail("/password", "is empty")
	}
	return v.err()
}

// entrance is a proof that was accepted; whether it opens anything now is another question.
type entrance struct {
	conference *Conference
	role       jointoken.Role
	invitation string
	invited    *Identity
	colleague  *Colleague
}

// newEntrance is for who comes without an invitation.
func newEntrance(a Attempt) *entrance {
	if a.Colleague != nil {
		return &entrance{role: jointoken.RoleInternal, colleague: a.Colleague}
	}
	return &entrance{role: jointoken.RoleGuest}
}

// admits reports whether the entrance leads in, now or once the conference opens.
func (e *entrance) admits(now time.Time) bool {
	return e.conference.Status(now) != StatusEnded && e.allowed()
}

// allowed applies the conference's policy for guests.
func (e *entrance) allowed() bool {
	return e.role != jointoken.RoleGuest || e.conference.GuestPolicy != PolicyDeny
}

// byPassword returns nil for an unknown name and for a wrong password, after one computation in both cases. A
// conference that lets no guest in any more is checked like an unknown one: whether the password is right stays unknown.
// One that is not open yet is checked like an open one, so that a wrong password does not tell them apart either.
func (d *Domain) byPassword(ctx context.Context, name string, readable bool, a Attempt) (*entrance, error) {
	in := newEntrance(a)
	if readable {
		c, err := d.cfg.Store.ConferenceByName(ctx, name)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("find conference: %w", err)
		}
		in.conference = c
	} else {
		name = a.Name
	}
	admits := in.conference != nil && in.admits(d.cfg.Now())
	hash := d.cfg.Hasher.Dummy(name)
	if admits {
		hash = in.conference.PasswordHash
	}
	password := a.Password
	if !utf8.ValidString(password) {
		password = "" // no conference has it, and the work is the same
	}
	right, err := d.cfg.Hasher.Verify(ctx, hash, NormalPassword(password))
	if err != nil {
		return nil, fmt.Errorf("check password: %w", err)
	}
	if !admits || !right {
		return nil, nil
	}
	return in, nil
}

// byName is for a colleague, whom the identity provider has checked.
func (d *Domain) byName(ctx context.Context, name string, readable bool, a Attempt) (*entrance, error) {
	if !readable {
		return nil, nil
	}
	c, err := d.cfg.Store.ConferenceByName(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find conference: %w", err)
	}
	in := newEntrance(a)
	in.conference = c
	return in, nil
}

// byInvitation needs no costly hash: a code has 192 random bits, and nobody finds one by trying.
func (d *Domain) byInvitation(ctx context.Context, code string) (*entrance, error) {
	inv, err := d.cfg.Store.InvitationByCode(ctx, sha256.Sum256([]byte(code)))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find invitation: %w", err)
	}
	if !inv.Live(d.cfg.Now()) {
		return nil, nil
	}
	c, err := d.cfg.Store.RecentConference(ctx, inv.Conference)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find conference: %w", err)
	}
	return &entrance{conference: c, role: inv.Kind, invitation: inv.ID, invited: inv.person()}, nil
}

func (d *Domain) admission(in *entrance, who Client, now time.Time) (*Admission, error) {
	participant, err := newID(d.cfg.Rand)
	if err != nil {
		return nil, err
	}
	a := &Admission{
		Conference: in.conference.ID, Participant: participant, Role: in.role, Invitation: in.invitation, Invited: in.invited, Site: who.Site,
		Expires: now.Add(admissionLife).UTC().Truncate(time.Second), // the conference's end is looked at each time: it may move
	}
	if in.colleague != nil {
		a.Who = &in.colleague.Identity
	} else if a.Invitation == "" {
		a.Password = in.conference.PasswordID
	}
	return a, nil
}
