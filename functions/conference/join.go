package conference

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// Relays knows the relays.
type Relays interface {
	// Place returns the relay that holds the conference, and perhaps others to fall back to. Without one it returns
	// problem.Unavailable.
	Place(ctx context.Context, conferenceID, region string) ([]Relay, error)
	// Removed reports whether a participant was removed from the conference.
	Removed(ctx context.Context, conferenceID, participantID string) (bool, error)
}

// Relay is where a conference is live. The URLs are absolute.
type Relay struct {
	ID      string // audience of its join tokens
	WHIP    string
	WHEP    string
	Control string
	TURN    []string // URLs of its TURN server (RFC 7065), in the order to try; none: it has none
}

// ICEServer is an RTCIceServer of WebRTC.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// turnLifetime is how long somebody may make TURN allocations without fetching another join token; those that exist live
// on. Longer than a network change in the middle of a conference is away from its beginning.
const turnLifetime = 4 * time.Hour

// iceServers gives a participant credentials for the relay's TURN server. The participant's id is opaque: usernames
// travel in the clear.
func (d *Domain) iceServers(relay Relay, participant string, until time.Time) []ICEServer {
	if len(relay.TURN) == 0 || d.cfg.TurnSecret.IsZero() {
		return []ICEServer{}
	}
	c := d.cfg.TurnSecret.Mint(participant, until)
	return []ICEServer{{URLs: relay.TURN, Username: c.Username, Credential: c.Password}}
}

// Values of the mode in which somebody joins.
const (
	ModeBrowser  = "browser"
	ModeSoftware = "software"
)

// Ticket is a join token with everything that is needed to use it.
type Ticket struct {
	Way
	Expires     time.Time
	Participant string
	Name        string
	Role        jointoken.Role
	Permissions []jointoken.Permission
	Alternates  []Way // for who cannot reach the relay
}

// Way is a relay and what opens it: a token is for one relay only.
type Way struct {
	Token      string
	Relay      Relay
	ICEServers []ICEServer // never nil
}

// JoinToken gives an admitted and identified participant a token for one relay and two minutes, or *Waiting to a guest
// whom somebody has to let in first. The permissions come from the conference as it is now, not as it was at the
// admission. The mode is only what the caller says: a guest who may share from the software proves it with a launch
// code, not with a word.
func (d *Domain) JoinToken(ctx context.Context, a Admission, who *Identity, mode string) (*Ticket, error) {
	if mode != ModeBrowser && mode != ModeSoftware {
		return nil, invalid("/mode", "must be browser or software")
	}
	who, person, err := a.participant(who)
	if err != nil {
		return nil, err
	}
	c, err := d.admitted(ctx, a)
	if err != nil {
		return nil, err
	}
	if err := d.letIn(ctx, c, a, who); err != nil {
		return nil, err
	}
	relays, err := d.cfg.Relays.Place(ctx, c.ID, c.Region)
	if err != nil {
		return nil, fmt.Errorf("place conference: %w", err)
	}
	key, err := d.cfg.Keys.Signing(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the signing key: %w", err)
	}
	now := d.cfg.Now().UTC().Truncate(time.Second) // the token counts whole seconds
	claims := jointoken.Claims{
		Issuer: d.cfg.PublicURL, Subject: a.Participant, Conference: c.ID, Person: person,
		Name: who.DisplayName(), Role: a.Role, Permissions: permissions(c.Permissions, a), Limit: c.MaxParticipants, Software: a.Software,
		IssuedAt: now, NotBefore: now, Expires: now.Add(jointoken.MaxLifetime),
	}
	ways := make([]Way, 0, len(relays))
	for _, relay := range relays {
		way, err := d.way(key, relay, claims)
		if err != nil {
			return nil, err
		}
		ways = append(ways, way)
	}
	return &Ticket{
		Way: ways[0], Expires: claims.Expires, Participant: a.Participant, Name: claims.Name, Role: a.Role,
		Permissions: claims.Permissions, Alternates: ways[1:],
	}, nil
}

// participant is who uses the admission, and that person's pseudonym. The software, which has no identity of its own, has
// what the page knew when it handed over.
func (a Admission) participant(who *Identity) (*Identity, string, error) {
	if who != nil {
		return who, jointoken.Person(who.Email), nil
	}
	if a.Software {
		return &Identity{Name: a.Name}, a.Person, nil
	}
	return nil, "", problem.New(problem.Conflict, "Say who you are first.")
}

// way signs a token for one relay.
func (d *Domain) way(key jointoken.Key, relay Relay, claims jointoken.Claims) (Way, error) {
	jti, err := newID(d.cfg.Rand)
	if err != nil {
		return Way{}, err
	}
	claims.Audience, claims.ID = relay.ID, jti
	token, err := jointoken.Sign(key, claims)
	if err != nil {
		return Way{}, err
	}
	return Way{Token: token, Relay: relay, ICEServers: d.iceServers(relay, claims.Subject, claims.IssuedAt.Add(turnLifetime))}, nil
}

// admitted checks that the admission opens the conference now.
func (d *Domain) admitted(ctx context.Context, a Admission) (*Conference, error) {
	c, err := d.standing(ctx, a)
	if err == nil && c.Status(d.cfg.Now()) != StatusOpen {
		return nil, denied()
	}
	return c, err
}

// standing checks that the admission is still good, be the conference open already or not yet.
func (d *Domain) standing(ctx context.Context, a Admission) (*Conference, error) {
	c, err := d.cfg.Store.RecentConference(ctx, a.Conference)
	if errors.Is(err, ErrNotFound) {
		return nil, denied()
	}
	if err != nil {
		return nil, fmt.Errorf("read conference: %w", err)
	}
	in := entrance{conference: c, role: a.Role, invitation: a.Invitation}
	if !in.admits(d.cfg.Now()) {
		return nil, denied()
	}
	removed, err := d.cfg.Relays.Removed(ctx, c.ID, a.Participant)
	if err != nil {
		return nil, fmt.Errorf("read removal: %w", err)
	}
	if removed {
		return nil, denied()
	}
	if a.Invitation == "" {
		if a.Who == nil && a.Password != c.PasswordID { // for a colleague the provider has vouched
			return nil, denied()
		}
		return c, nil
	}
	inv, err := d.cfg.Store.Invitation(ctx, a.Invitation)
	if errors.Is(err, ErrNotFound) {
		return nil, denied()
	}
	if err != nil {
		return nil, fmt.Errorf("read invitation: %w", err)
	}
	if !inv.Live(d.cfg.Now()) {
		return nil, denied()
	}
	return c, nil
}

// permissions of a role. Control of somebody's desktop is for people of the company only.
func permissions(allowed Permissions, a Admission) []jointoken.Permission {
	switch a.Role {
	case jointoken.RoleOrganizer:
		return []jointoken.Permission{jointoken.View, jointoken.Share, jointoken.Control, jointoken.Chat, jointoken.Annotate, jointoken.Moderate}
	case jointoken.RoleInternal:
		return []jointoken.Permission{jointoken.View, jointoken.Share, jointoken.Control, jointoken.Chat, jointoken.Annotate}
	}
	p := []jointoken.Permission{jointoken.View}
	if allowed.GuestShare == ShareBrowser || allowed.GuestShare == ShareSoftware && a.Software {
		p = append(p, jointoken.Share)
	}
	if allowed.Chat {
		p = append(p, jointoken.Chat)
	}
	if allowed.Annotate {
		p = append(p, jointoken.Annotate)
	}
	return p
}
