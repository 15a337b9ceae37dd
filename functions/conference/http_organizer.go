package conference

import (
	"net/http"
	"strconv"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// organizer lets only those through who may organize; a key that may only read is good for what only reads.
func (d *Domain) organizer(h func(w http.ResponseWriter, r *http.Request, actor string) error) http.HandlerFunc {
	return d.serve(func(w http.ResponseWriter, r *http.Request) error {
		check := d.cfg.Staff.Organizer
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			check = d.cfg.Staff.Reader
		}
		actor, err := problem.Bearer(w, r, check)
		if err != nil {
			return err
		}
		return h(w, r, actor)
	})
}

// view is a conference as organizers see it.
type view struct {
	ID string `json:"id"`
	Settings
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"createdAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	Version   int64     `json:"version"`
	Password  string    `json:"password,omitempty"` // only when it was generated, only in the answer to that call
}

func (d *Domain) view(c *Conference) view {
	return view{ID: c.ID, Settings: c.Settings, Status: c.Status(d.cfg.Now()), CreatedAt: c.CreatedAt, EndedAt: c.EndedAt, Version: c.Version}
}

func (d *Domain) postConference(w http.ResponseWriter, r *http.Request, actor string) error {
	draft := NewDraft()
	if err := problem.Decode(r.Body, &draft); err != nil {
		return err
	}
	c, generated, err := d.Create(r.Context(), actor, draft)
	if err != nil {
		return err
	}
	v := d.view(c)
	v.Password = generated
	w.Header().Set("Location", "/api/v1/conferences/"+c.ID)
	w.Header().Set("ETag", etag(c.Version))
	return problem.Answer(w, http.StatusCreated, v)
}

func (d *Domain) readConference(w http.ResponseWriter, r *http.Request, _ string) error {
	c, err := d.Conference(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(c.Version))
	return problem.Answer(w, http.StatusOK, d.view(c))
}

func (d *Domain) listConferences(w http.ResponseWriter, r *http.Request, _ string) error {
	values := r.URL.Query()
	q := Query{Cursor: values.Get("cursor"), Status: values.Get("status")}
	if s := values.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n == 0 {
			return invalid("/limit", "is not a number of conferences")
		}
		q.Limit = n
	}
	page, err := d.List(r.Context(), q)
	if err != nil {
		return err
	}
	list := struct {
		Items []view  `json:"items"`
		Next  *string `json:"nextCursor"`
	}{Items: make([]view, 0, len(page.Conferences))}
	for _, c := range page.Conferences {
		list.Items = append(list.Items, d.view(c))
	}
	if page.Next != "" {
		list.Next = &page.Next
	}
	return problem.Answer(w, http.StatusOK, list)
}

func (d *Domain) postEnd(w http.ResponseWriter, r *http.Request, _ string) error {
	c, err := d.End(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(c.Version))
	return problem.Answer(w, http.StatusOK, d.view(c))
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

func (d *Domain) postInvitation(w http.ResponseWriter, r *http.Request, _ string) error {
	var in Invite
	if err := problem.Decode(r.Body, &in); err != nil {
		return err
	}
	inv, code, err := d.Invite(r.Context(), r.PathValue("id"), in)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(invitationVersion))
	return problem.Answer(w, http.StatusCreated, invitationAnswer{
		ID: inv.ID, Kind: string(inv.Kind), Name: inv.Name, Email: inv.Email, Code: code, URL: d.InvitationURL(code), ExpiresAt: inv.ExpiresAt,
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
