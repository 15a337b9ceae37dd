package conference

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/controltoken"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// A participant fetches a control token each time it asks somebody for control.
const (
	controlBurst = 20
	controlEvery = 10 * time.Second
)

// ControlToken tells the software of a presenter, for two minutes, who asks for control of its desktop: a participant of
// the company. Whether the presenter is in the conference is the relay's business, and the answer the presenter's.
func (d *Domain) ControlToken(ctx context.Context, a Admission, who *Identity, presenter string) (token string, expires time.Time, err error) {
	c, err := d.admitted(ctx, a)
	if err != nil {
		return "", expires, err
	}
	if !slices.Contains(permissions(c.Permissions, a), jointoken.Control) {
		return "", expires, problem.New(problem.ControlDenied, "Remote control is reserved for internal participants.")
	}
	if presenter == a.Participant || !isID(presenter) {
		return "", expires, invalid("/participant", "is not the id of another participant")
	}
	if who, _, err = a.participant(who); err != nil {
		return "", expires, err
	}
	wait, err := d.cfg.Limiter.Spend(ctx, "k:"+a.Participant, controlBurst, controlEvery)
	if err == nil {
		err = slowDown(wait)
	}
	if err != nil {
		return "", expires, err
	}
	key, err := d.cfg.Keys.Signing(ctx)
	if err != nil {
		return "", expires, fmt.Errorf("find the signing key: %w", err)
	}
	jti, err := newID(d.cfg.Rand)
	if err != nil {
		return "", expires, err
	}
	now := d.cfg.Now().UTC().Truncate(time.Second) // the token counts whole seconds
	expires = now.Add(controltoken.MaxLifetime)
	token, err = controltoken.Sign(key.ID, key.Private, controltoken.Claims{
		Issuer: d.cfg.PublicURL, Presenter: presenter, Controller: a.Participant, ID: jti, Conference: c.ID,
		Name: a.vouched(who), Role: string(a.Role), IssuedAt: now, Expires: expires,
	})
	return token, expires, err
}

// vouched is the name that somebody else has given, where there is one: the provider, or who has made the personal link. The
// list shows what a participant calls itself; whoever is asked for consent is told this.
func (a Admission) vouched(who *Identity) string {
	if a.Who == nil && a.Invited != nil {
		if name := a.Invited.DisplayName(); name != "" {
			return name
		}
	}
	return who.DisplayName()
}

// isID reports whether newID could have made it.
func isID(id string) bool {
	return len(id) == 26 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

func (d *Domain) postControlToken(w http.ResponseWriter, r *http.Request) error {
	admission, err := d.fromCookie(r)
	if err != nil {
		return err
	}
	var body struct {
		Participant string `json:"participant"`
	}
	if err := problem.Decode(r.Body, &body); err != nil {
		return err
	}
	who, err := d.identity(r, admission)
	if err != nil {
		return err
	}
	token, expires, err := d.ControlToken(r.Context(), admission, who, body.Participant)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusCreated, struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expiresAt"`
	}{token, expires})
}
