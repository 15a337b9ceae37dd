package diagnostics

import (
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// Handler answers the calls of sessions; see Domain.Handler.
func (s *Sessions) Handler() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/diagnostics/sessions", problem.Handler(s.cfg.Logger, s.postSession))
	mux.HandleFunc("POST /api/v1/diagnostics/sessions/{id}/tokens", problem.Handler(s.cfg.Logger, s.postToken))
	return mux
}

type sessionAnswer struct {
	ID         string        `json:"id"`
	ServerTime time.Time     `json:"serverTime"`
	ExpiresAt  time.Time     `json:"expiresAt"`
	Client     clientAnswer  `json:"client"`
	Relays     []relayAnswer `json:"relays"`
}

// clientAnswer tells whoever asks how they are seen.
type clientAnswer struct {
	Address string `json:"address"`
	Family  string `json:"family"`
}

type relayAnswer struct {
	ID         string            `json:"id"`
	Region     string            `json:"region"`
	Relay      addressesAnswer   `json:"relay"`
	ICEServers []iceServerAnswer `json:"iceServers"`
}

type addressesAnswer struct {
	WHIP    string `json:"whip"`
	WHEP    string `json:"whep"`
	Control string `json:"control"`
}

type iceServerAnswer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

func (s *Sessions) postSession(w http.ResponseWriter, r *http.Request) error {
	var nothing struct{}
	if err := problem.Decode(r.Body, &nothing); err != nil {
		return err
	}
	client := s.cfg.Address(r)
	session, id, relays, err := s.Open(r.Context(), s.cfg.Site(r), client, s.request(w, r, nil, http.StatusCreated))
	if err != nil {
		return err
	}
	answer := sessionAnswer{
		ID: id, ServerTime: s.now(), ExpiresAt: session.EndsAt, Client: clientAnswer{client.Unmap().WithZone("").String(), family(client)}, Relays: []relayAnswer{},
	}
	for _, at := range relays {
		one := relayAnswer{ID: at.ID, Region: at.Region, Relay: addressesAnswer{at.WHIP, at.WHEP, at.Control}, ICEServers: []iceServerAnswer{}}
		for _, ice := range s.cfg.Rooms.ICEServers(at, session.Name) {
			one.ICEServers = append(one.ICEServers, iceServerAnswer(ice))
		}
		answer.Relays = append(answer.Relays, one)
	}
	return problem.Answer(w, http.StatusCreated, answer)
}

func (s *Sessions) postToken(w http.ResponseWriter, r *http.Request) error {
	var wanted struct {
		Relay string `json:"relay"`
	}
	if err := problem.Decode(r.Body, &wanted); err != nil {
		return err
	}
	session, err := s.live(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	token, expires, err := s.token(r.Context(), session, wanted.Relay)
	s.record.called(r.Context(), session.Name, s.request(w, r, err, http.StatusOK))
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusOK, struct {
		Token     string    `json:"token"`
		ExpiresAt time.Time `json:"expiresAt"`
	}{token, expires})
}

// request is a call as it is kept: with the status that its error means, or else with that of its success.
func (s *Sessions) request(w http.ResponseWriter, r *http.Request, err error, success int) Request {
	return requestOf(w, r, s.now(), err, success)
}

func requestOf(w http.ResponseWriter, r *http.Request, at time.Time, err error, success int) Request {
	q := Request{At: at, RequestID: requestID(w), Call: r.Pattern, Status: success}
	if err != nil {
		q.Status = problem.From(err).Code.Status()
	}
	return q
}
