package conference

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/sealed"
)

// Handler answers this domain's calls. The portal in front of it bounds the body, checks the content type and the
// origin, and has set the answer's X-Request-Id.
func (d *Domain) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/admissions", d.serve(d.postAdmission))
	mux.HandleFunc("GET /api/v1/admissions", d.serve(d.readAdmission))
	mux.HandleFunc("DELETE /api/v1/admissions", d.serve(d.deleteAdmission))
	mux.HandleFunc("POST /api/v1/join-tokens", d.serve(d.postJoinToken))
	mux.HandleFunc("POST /api/v1/control-tokens", d.serve(d.postControlToken))
	d.launchRoutes(mux)
	mux.HandleFunc("GET /api/v1/lobby", d.serve(d.readDoor))
	mux.HandleFunc("POST /api/v1/lobby/{pid}", d.serve(d.postDoor))
	mux.HandleFunc("GET /.well-known/jwks.json", d.serve(d.readJWKS))
	mux.HandleFunc("POST /api/v1/conferences", d.once(d.postConference))
	mux.HandleFunc("GET /api/v1/conferences", d.organizer(d.listConferences))
	mux.HandleFunc("GET /api/v1/conferences/{id}", d.organizer(d.readConference))
	mux.HandleFunc("PATCH /api/v1/conferences/{id}", d.organizer(d.patchConference))
	mux.HandleFunc("DELETE /api/v1/conferences/{id}", d.organizer(d.deleteConference))
	mux.HandleFunc("GET /api/v1/conferences/{id}/invite.ics", d.organizer(d.readCalendar))
	mux.HandleFunc("POST /api/v1/conferences/{id}/password", d.once(d.postPassword))
	mux.HandleFunc("POST /api/v1/conferences/{id}/end", d.once(d.postEnd))
	mux.HandleFunc("GET /api/v1/conferences/{id}/lobby", d.organizer(d.listLobby))
	mux.HandleFunc("POST /api/v1/conferences/{id}/lobby/{pid}", d.once(d.postDecision))
	mux.HandleFunc("POST /api/v1/conferences/{id}/invitations", d.once(d.postInvitation))
	mux.HandleFunc("GET /api/v1/conferences/{id}/invitations", d.organizer(d.listInvitations))
	mux.HandleFunc("DELETE /api/v1/conferences/{id}/invitations/{iid}", d.organizer(d.deleteInvitation))
	return mux
}

// serve renders the error of h.
func (d *Domain) serve(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return problem.Handler(d.cfg.Logger, h)
}

type joinAnswer struct {
	Token       string                 `json:"token"`
	ExpiresAt   time.Time              `json:"expiresAt"`
	Participant joinParticipant        `json:"participant"`
	Permissions []jointoken.Permission `json:"permissions"`
	Relay       joinRelay              `json:"relay"`
	ICEServers  []ICEServer            `json:"iceServers"`
	Alternates  []alternate            `json:"alternates"`
}

// alternate is for who cannot reach the relay.
type alternate struct {
	Token      string      `json:"token"`
	Relay      joinRelay   `json:"relay"`
	ICEServers []ICEServer `json:"iceServers"`
}

type joinParticipant struct {
	ID   string         `json:"id"`
	Name string         `json:"name"`
	Role jointoken.Role `json:"role"`
}

type joinRelay struct {
	WHIP    string `json:"whip"`
	WHEP    string `json:"whep"`
	Control string `json:"control"`
}

func (d *Domain) postJoinToken(w http.ResponseWriter, r *http.Request) error {
	admission, err := d.fromCookie(r)
	if err != nil {
		return err
	}
	var body struct {
		Mode string `json:"mode"`
	}
	if err := problem.Decode(r.Body, &body); err != nil {
		return err
	}
	who, err := d.identity(r, admission)
	if err != nil {
		return err
	}
	t, err := d.JoinToken(r.Context(), admission, who, body.Mode)
	var wait *Waiting
	if errors.As(err, &wait) {
		return answerWaiting(w, wait)
	}
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, ticketAnswer(t))
}

func ticketAnswer(t *Ticket) joinAnswer {
	alternates := make([]alternate, 0, len(t.Alternates))
	for _, way := range t.Alternates {
		alternates = append(alternates, alternate{Token: way.Token, Relay: viewRelay(way.Relay), ICEServers: way.ICEServers})
	}
	return joinAnswer{
		Token: t.Token, ExpiresAt: t.Expires, Participant: joinParticipant{ID: t.Participant, Name: t.Name, Role: t.Role},
		Permissions: t.Permissions, Relay: viewRelay(t.Relay), ICEServers: t.ICEServers, Alternates: alternates,
	}
}

func viewRelay(r Relay) joinRelay { return joinRelay{WHIP: r.WHIP, WHEP: r.WHEP, Control: r.Control} }

func (d *Domain) fromCookie(r *http.Request) (Admission, error) {
	missing := problem.New(problem.Unauthenticated, "Enter the conference's name and password first.")
	cookie, err := r.Cookie(admissionCookie)
	if err != nil {
		return Admission{}, missing
	}
	admission, err := d.open(r.Context(), cookie.Value)
	if errors.Is(err, sealed.ErrNotOurs) {
		return Admission{}, missing
	}
	return admission, err
}

func (d *Domain) readJWKS(w http.ResponseWriter, r *http.Request) error {
	set, err := d.cfg.Keys.JWKS(r.Context())
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(jwksAge.Seconds())))
	return problem.Answer(w, http.StatusOK, set)
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

func unchanged(r *http.Request, current string) error { return problem.IfMatch(r, current) }
