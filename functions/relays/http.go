package relays

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/conferences/{id}/participants", d.organizer(d.listParticipants))
	mux.HandleFunc("DELETE /api/v1/conferences/{id}/participants/{pid}", d.organizer(d.deleteParticipant))
	mux.HandleFunc("PUT /api/v1/relays/{id}", d.relay(d.putRelay))
	mux.HandleFunc("POST /api/v1/relays/{id}/attendance", d.relay(d.postAttendance))
	return mux
}

type authorised func(w http.ResponseWriter, r *http.Request, who string) error

// organizer lets only those through who may organize; a key that may only read is good for what only reads.
func (d *Domain) organizer(h authorised) http.HandlerFunc {
	return problem.Authorized(d.cfg.Logger, d.cfg.Staff.Organizer, d.cfg.Staff.Reader, h)
}

// relay lets only the relay of the path through. It hands over the credential, of which the relay's proof is made.
func (d *Domain) relay(h func(w http.ResponseWriter, r *http.Request, bound, credential string) error) http.HandlerFunc {
	return problem.Handler(d.cfg.Logger, func(w http.ResponseWriter, r *http.Request) error {
		credential := ""
		bound, err := problem.Bearer(w, r, func(ctx context.Context, bearer string) (string, error) {
			credential = bearer
			return d.cfg.Staff.Relay(ctx, bearer)
		})
		if err != nil {
			return err
		}
		if id := r.PathValue("id"); !owns(bound, id) || d.resident(id) || !isID(id) {
			return problem.New(problem.Forbidden, "This key is another relay's.")
		}
		return h(w, r, bound, credential)
	})
}

// owns reports whether a credential is that relay's: it is bound to one id, or to a fleet whose ids begin alike, as in "i-*".
// A fleet's machines come and go by themselves, and share what they know; see hasItsName.
func owns(bound, id string) bool {
	start, isFleet := strings.CutSuffix(bound, "*")
	return bound == id || isFleet && start != "" && strings.HasPrefix(id, start)
}

// hasItsName reports whether an address is the own one of a relay whose credential others share: its host begins with the
// relay's id. Who has the credential of another machine cannot send that machine's participants elsewhere: DNS says where
// they go. Plain HTTP is for machines that the operator names.
func hasItsName(address, id string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || strings.HasPrefix(u.Hostname(), id+"."))
}

func (d *Domain) putRelay(w http.ResponseWriter, r *http.Request, bound, credential string) error {
	var a announce.Announcement
	if err := problem.Decode(r.Body, &a); err != nil {
		return err
	}
	if id := r.PathValue("id"); bound != id && !hasItsName(a.WHIP, id) {
		return &problem.Error{Code: problem.Invalid, Detail: "Some fields are not valid.", Fields: []problem.Field{
			{Pointer: "/whip", Detail: "must begin with the relay's id: its key is shared by a fleet"},
		}}
	}
	orders, err := d.Announce(r.Context(), r.PathValue("id"), credential, a)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, orders)
}

func (d *Domain) postAttendance(w http.ResponseWriter, r *http.Request, _, _ string) error {
	var b announce.Batch
	if err := problem.Decode(r.Body, &b); err != nil {
		return err
	}
	if err := d.Report(r.Context(), r.PathValue("id"), b); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (d *Domain) listParticipants(w http.ResponseWriter, r *http.Request, _ string) error {
	values, limit := r.URL.Query(), 0
	if s := values.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n == 0 {
			n = -1 // refused like every number out of range
		}
		limit = n
	}
	list, next, err := d.Participants(r.Context(), r.PathValue("id"), values.Get("cursor"), limit)
	if err != nil {
		return err
	}
	answer := struct {
		Items []Presence `json:"items"`
		Next  *string    `json:"nextCursor"`
	}{Items: list}
	if next != "" {
		answer.Next = &next
	}
	return problem.Answer(w, http.StatusOK, answer)
}

func (d *Domain) deleteParticipant(w http.ResponseWriter, r *http.Request, actor string) error {
	if err := d.Remove(r.Context(), actor, r.PathValue("id"), r.PathValue("pid")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
