package conference

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
)

// seconds is a duration as clients are told it.
func seconds(d time.Duration) int { return int(d.Seconds()) }

// answerWaiting is 202: the request is fine, and somebody has still to decide.
func answerWaiting(w http.ResponseWriter, wait *Waiting) error {
	w.Header().Set("Retry-After", strconv.Itoa(seconds(wait.RetryAfter)))
	return problem.Answer(w, http.StatusAccepted, struct {
		Status     string `json:"status"`
		RetryAfter int    `json:"retryAfter"`
	}{KnockWaiting, seconds(wait.RetryAfter)})
}

// knockView is who waits, as those who decide see them. The name is the guest's own claim: the role says so.
type knockView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Role      jointoken.Role `json:"role"`
	Status    string         `json:"status"`
	AskedAt   time.Time      `json:"askedAt"`
	DecidedAt time.Time      `json:"decidedAt,omitzero"`
	DecidedBy string         `json:"decidedBy,omitempty"` // only organizers see it
}

func viewKnock(k *Knock) knockView {
	return knockView{ID: k.Participant, Name: k.Name, Role: jointoken.RoleGuest, Status: k.Status, AskedAt: k.AskedAt, DecidedAt: k.DecidedAt, DecidedBy: k.DecidedBy}
}

func (d *Domain) listLobby(w http.ResponseWriter, r *http.Request, _ string) error {
	values := r.URL.Query()
	limit, err := pageLimit(values)
	if err != nil {
		return err
	}
	page, err := d.Lobby(r.Context(), KnockQuery{
		Conference: r.PathValue("id"), Status: values.Get("status"), Cursor: values.Get("cursor"), Limit: limit,
	})
	if err != nil {
		return err
	}
	list := struct {
		Items []knockView `json:"items"`
		Next  *string     `json:"nextCursor"`
	}{Items: make([]knockView, 0, len(page.Knocks)), Next: next(page.Next)}
	for _, k := range page.Knocks {
		list.Items = append(list.Items, viewKnock(k))
	}
	return problem.Answer(w, http.StatusOK, list)
}

// decision has a pointer: who sends nothing must not refuse anybody by it.
type decision struct {
	Admit *bool `json:"admit"`
}

func readDecision(body io.Reader) (bool, error) {
	var in decision
	if err := problem.Decode(body, &in); err != nil {
		return false, err
	}
	if in.Admit == nil {
		return false, invalid("/admit", "must be true or false")
	}
	return *in.Admit, nil
}

func (d *Domain) postDecision(w http.ResponseWriter, r *http.Request, actor string, _ io.Reader) error {
	admit, err := readDecision(r.Body)
	if err != nil {
		return err
	}
	k, err := d.Decide(r.Context(), actor, r.PathValue("id"), r.PathValue("pid"), admit)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, viewKnock(k))
}

// readDoor is the lobby of the conference that the caller takes part in.
func (d *Domain) readDoor(w http.ResponseWriter, r *http.Request) error {
	admission, err := d.fromCookie(r)
	if err != nil {
		return err
	}
	c, err := d.doorkeeper(r.Context(), admission)
	if err != nil {
		return err
	}
	door := struct {
		Waiting    int         `json:"waiting"` // all of them
		Items      []knockView `json:"items"`   // those who have waited longest
		RetryAfter int         `json:"retryAfter"`
	}{Items: []knockView{}, RetryAfter: seconds(quietLobby)}
	if c.GuestPolicy == PolicyLobby {
		page, err := d.Lobby(r.Context(), KnockQuery{Conference: c.ID})
		if err != nil {
			return err
		}
		door.RetryAfter, door.Waiting = seconds(askAgain), len(page.Knocks)
		for _, k := range page.Knocks {
			door.Items = append(door.Items, viewKnock(k))
		}
		if page.Next != "" {
			if door.Waiting, err = d.cfg.Store.Waiting(r.Context(), c.ID); err != nil {
				return err
			}
		}
	}
	return problem.Answer(w, http.StatusOK, door)
}

func (d *Domain) postDoor(w http.ResponseWriter, r *http.Request) error {
	admission, err := d.fromCookie(r)
	if err != nil {
		return err
	}
	admit, err := readDecision(r.Body)
	if err != nil {
		return err
	}
	c, err := d.doorkeeper(r.Context(), admission)
	if err != nil {
		return err
	}
	k, err := d.Decide(r.Context(), "participant "+admission.Participant, c.ID, r.PathValue("pid"), admit)
	if err != nil {
		return err
	}
	v := viewKnock(k)
	v.DecidedBy = ""
	return problem.Answer(w, http.StatusOK, v)
}
