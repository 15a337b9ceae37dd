package conference

import (
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

type admissionAnswer struct {
	Conference admittedConference `json:"conference"`
	Identity   *Identity          `json:"identity"`
	SignedIn   bool               `json:"signedIn"` // the identity is the provider's, and stays
	Next       string             `json:"next"`
}

// admittedConference is what a participant may know.
type admittedConference struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Title    string     `json:"title"`
	StartsAt *time.Time `json:"startsAt"`
	EndsAt   *time.Time `json:"endsAt"`
	Opening
	Bridges []Bridge `json:"bridges"`
	Welcome string   `json:"welcome"`
	Support string   `json:"supportContact"`
}

// Opening says when the conference lets in who holds what is right.
type Opening struct {
	Status   string     `json:"status"`   // scheduled or open
	OpensAt  *time.Time `json:"opensAt"`  // nil: at once
	OpensIn  int        `json:"opensIn"`  // seconds, for clocks that are wrong; 0 when it is open
	Timezone string     `json:"timezone"` // the organizer's
}

func (c *Conference) opening(now time.Time) Opening {
	o := Opening{Status: c.Status(now), Timezone: c.Timezone}
	if at := c.OpensAt(); !at.IsZero() {
		o.OpensAt = &at
		if left := at.Sub(now); left > 0 {
			o.OpensIn = int((left + time.Second - 1) / time.Second) // never too early
		}
	}
	return o
}

func (d *Domain) postAdmission(w http.ResponseWriter, r *http.Request) error {
	var attempt Attempt
	if err := problem.Decode(r.Body, &attempt); err != nil {
		return err
	}
	var err error
	if attempt.Colleague, err = d.cfg.Identities.Colleague(r); err != nil {
		return err
	}
	admission, c, err := d.Admit(r.Context(), d.cfg.Client(r), attempt)
	if err != nil {
		return err
	}
	answer, err := d.admissionAnswer(r, *admission, c)
	if err != nil {
		return err
	}
	sealed, err := d.seal(r.Context(), *admission)
	if err != nil {
		return err
	}
	http.SetCookie(w, newCookie(sealed, max(1, int(admission.Expires.Sub(d.cfg.Now()).Seconds()))))
	return problem.Answer(w, http.StatusOK, answer)
}

// readAdmission says again what the admission opens: for a page that was loaded anew, and for who waits until it opens.
func (d *Domain) readAdmission(w http.ResponseWriter, r *http.Request) error {
	admission, err := d.fromCookie(r)
	if err != nil {
		return err
	}
	c, err := d.standing(r.Context(), admission)
	if err != nil {
		return err
	}
	answer, err := d.admissionAnswer(r, admission, c)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, answer)
}

func (d *Domain) admissionAnswer(r *http.Request, a Admission, c *Conference) (*admissionAnswer, error) {
	who, err := d.identity(r, a)
	if err != nil {
		return nil, err
	}
	next := "software"
	switch {
	case who == nil:
		next = "identify"
	case a.Invited != nil: // the link has said everything
		next = "join"
	}
	return &admissionAnswer{
		Conference: admittedConference{
			ID: c.ID, Name: c.Name, Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Opening: c.opening(d.cfg.Now()),
			Bridges: c.Bridges, Welcome: c.Welcome, Support: c.SupportContact,
		},
		Identity: who, SignedIn: a.Who != nil, Next: next,
	}, nil
}

// identity is whom the provider vouches for, else who the browser says to be, else whom the personal link is for; nil for
// nobody.
func (d *Domain) identity(r *http.Request, a Admission) (*Identity, error) {
	if a.Who != nil {
		return a.Who, nil
	}
	who, err := d.cfg.Identities.Identity(r)
	if err != nil || who != nil {
		return who, err
	}
	return a.Invited, nil
}

func (d *Domain) deleteAdmission(w http.ResponseWriter, _ *http.Request) error {
	http.SetCookie(w, newCookie("", -1))
	w.WriteHeader(http.StatusNoContent)
	return nil
}
