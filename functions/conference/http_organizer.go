package conference

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/problem"
)

// organizer lets only those through who may organize; a key that may only read is good for what only reads.
func (d *Domain) organizer(h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	return problem.Authorized(d.cfg.Logger, d.cfg.Staff.Organizer, d.cfg.Staff.Reader, h)
}

// once is organizer for what must not happen twice: a call with an Idempotency-Key is done once.
func (d *Domain) once(h func(w http.ResponseWriter, r *http.Request, actor string, random io.Reader) error) http.HandlerFunc {
	return d.organizer(func(w http.ResponseWriter, r *http.Request, actor string) error {
		if d.cfg.Organizing.Repeats == nil {
			return h(w, r, actor, d.cfg.Rand)
		}
		err := d.cfg.Organizing.Repeats.Serve(w, r, actor, func(w http.ResponseWriter, r *http.Request, random io.Reader) error {
			return h(w, r, actor, random)
		})
		if errors.Is(err, idempotency.ErrKey) || errors.Is(err, idempotency.ErrReused) {
			return problem.Wrap(problem.Invalid, strings.ToUpper(err.Error()[:1])+err.Error()[1:]+".", err)
		}
		return err
	})
}

// view is a conference as organizers see it.
type view struct {
	ID string `json:"id"`
	Settings
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	Version   int64     `json:"version"`
	Password  string    `json:"password,omitempty"` // only when it was generated, only in the answer to that call
}

func (d *Domain) view(c *Conference) view {
	return view{ID: c.ID, Settings: c.Settings, Status: c.Status(d.cfg.Now()), CreatedAt: c.CreatedAt, UpdatedAt: c.updated(), EndedAt: c.EndedAt, Version: c.Version}
}

func (d *Domain) postConference(w http.ResponseWriter, r *http.Request, actor string, random io.Reader) error {
	draft := NewDraft()
	if err := problem.Decode(r.Body, &draft); err != nil {
		return err
	}
	c, generated, err := d.create(r.Context(), random, actor, draft)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/conferences/"+c.ID)
	return d.answer(w, http.StatusCreated, c, generated)
}

func (d *Domain) readConference(w http.ResponseWriter, r *http.Request, _ string) error {
	c, err := d.Conference(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusOK, c, "")
}

func (d *Domain) listConferences(w http.ResponseWriter, r *http.Request, _ string) error {
	values := r.URL.Query()
	limit, err := pageLimit(values)
	if err != nil {
		return err
	}
	page, err := d.List(r.Context(), Query{Cursor: values.Get("cursor"), Status: values.Get("status"), Limit: limit})
	if err != nil {
		return err
	}
	list := struct {
		Items []view  `json:"items"`
		Next  *string `json:"nextCursor"`
	}{Items: make([]view, 0, len(page.Conferences)), Next: next(page.Next)}
	for _, c := range page.Conferences {
		list.Items = append(list.Items, d.view(c))
	}
	return problem.Answer(w, http.StatusOK, list)
}

func (d *Domain) postEnd(w http.ResponseWriter, r *http.Request, _ string, _ io.Reader) error {
	c, err := d.End(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusOK, c, "")
}

type invitationAnswer struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	Code      string    `json:"code"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (d *Domain) postInvitation(w http.ResponseWriter, r *http.Request, _ string, random io.Reader) error {
	var in Invite
	if err := problem.Decode(r.Body, &in); err != nil {
		return err
	}
	c, inv, code, err := d.invite(r.Context(), random, r.PathValue("id"), in)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(invitationVersion))
	return problem.Answer(w, http.StatusCreated, invitationAnswer{
		ID: inv.ID, Kind: string(inv.Kind), Name: inv.Name, Email: inv.Email, Code: code, URL: d.InvitationURL(code), ExpiresAt: inv.Until(c),
	})
}

// invitationVersion is the only one: an invitation is made and revoked, and never changed.
const invitationVersion = 1

func (d *Domain) deleteInvitation(w http.ResponseWriter, r *http.Request, _ string) error {
	if err := unchanged(r, etag(invitationVersion)); err != nil {
		return err
	}
	if err := d.RevokeInvitation(r.Context(), r.PathValue("id"), r.PathValue("iid")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
