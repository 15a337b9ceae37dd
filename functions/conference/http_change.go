package conference

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// matching is If-Match as a Match.
func matching(r *http.Request) Match {
	return func(version int64) error { return unchanged(r, etag(version)) }
}

// answer is a conference with its ETag; generated is a password that is shown this once.
func (d *Domain) answer(w http.ResponseWriter, status int, c *Conference, generated string) error {
	v := d.view(c)
	v.Password = generated
	w.Header().Set("ETag", etag(c.Version))
	return problem.Answer(w, status, v)
}

func (d *Domain) patchConference(w http.ResponseWriter, r *http.Request, _ string) error {
	patch, err := ReadPatch(r.Body)
	if err != nil {
		return err
	}
	c, err := d.Patch(r.Context(), r.PathValue("id"), matching(r), patch)
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusOK, c, "")
}

func (d *Domain) deleteConference(w http.ResponseWriter, r *http.Request, _ string) error {
	if err := d.Delete(r.Context(), r.PathValue("id"), matching(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (d *Domain) postPassword(w http.ResponseWriter, r *http.Request, _ string, random io.Reader) error {
	var body struct {
		Password string `json:"password"`
	}
	if err := decodeOptional(r.Body, &body); err != nil {
		return err
	}
	c, generated, err := d.setPassword(r.Context(), random, r.PathValue("id"), body.Password)
	if err != nil {
		return err
	}
	return d.answer(w, http.StatusOK, c, generated)
}

// decodeOptional takes no body as an empty one.
func decodeOptional(body io.Reader, into any) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return problem.Wrap(problem.Malformed, "The body could not be read.", err)
	}
	if len(text) == 0 {
		return nil
	}
	return problem.Decode(strings.NewReader(string(text)), into)
}

func (d *Domain) readCalendar(w http.ResponseWriter, r *http.Request, _ string) error {
	text, version, err := d.Calendar(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("ETag", etag(version))
	h.Set("Content-Type", "text/calendar; charset=utf-8; method=PUBLISH")
	h.Set("Content-Disposition", `attachment; filename="invite.ics"`)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(text) // the client has gone: nothing left to tell it
	return nil
}

// pageLimit reads ?limit=; 0 is none.
func pageLimit(values url.Values) (int, error) {
	text := values.Get("limit")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		return 0, invalid("/limit", "must be between 1 and "+strconv.Itoa(maxPage))
	}
	return n, nil
}

// next is how a page names the one after it.
func next(cursor string) *string {
	if cursor == "" {
		return nil
	}
	return &cursor
}

// listedInvitation is an invitation as organizers find it again: without its code, which nobody can have again.
type listedInvitation struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Name      string    `json:"name"`
	Email     string    `json:"email"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
	RevokedAt time.Time `json:"revokedAt,omitzero"`
}

func (d *Domain) listInvitations(w http.ResponseWriter, r *http.Request, _ string) error {
	values := r.URL.Query()
	limit, err := pageLimit(values)
	if err != nil {
		return err
	}
	c, page, err := d.Invitations(r.Context(), InvitationQuery{
		Conference: r.PathValue("id"), Cursor: values.Get("cursor"), Limit: limit,
		Kind: jointoken.Role(values.Get("kind")), Status: values.Get("status"),
	})
	if err != nil {
		return err
	}
	list := struct {
		Items []listedInvitation `json:"items"`
		Next  *string            `json:"nextCursor"`
	}{Items: make([]listedInvitation, 0, len(page.Invitations)), Next: next(page.Next)}
	for _, inv := range page.Invitations {
		list.Items = append(list.Items, listedInvitation{
			ID: inv.ID, Kind: string(inv.Kind), Name: inv.Name, Email: inv.Email,
			CreatedAt: inv.CreatedAt, ExpiresAt: inv.Until(c), RevokedAt: inv.RevokedAt,
		})
	}
	return problem.Answer(w, http.StatusOK, list)
}
