package conference

import (
	"errors"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// launchRoutes are the calls with which the page hands over to the software.
func (d *Domain) launchRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/v1/launch-codes", d.serve(d.postLaunch))
	mux.HandleFunc("GET /api/v1/launch-codes/{code}", d.serve(d.readLaunch))
	mux.HandleFunc("POST /api/v1/launch-codes/{code}/redeem", d.serve(d.redeemLaunch))
}

func (d *Domain) postLaunch(w http.ResponseWriter, r *http.Request) error {
	admission, err := d.fromCookie(r)
	if err != nil {
		return err
	}
	who, err := d.identity(r, admission)
	if err != nil {
		return err
	}
	l, code, err := d.Launch(r.Context(), admission, who)
	if err != nil {
		return err
	}
	return problem.Answer(w, http.StatusCreated, struct {
		Code      string    `json:"code"`
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expiresAt"`
	}{code, "coopnet://join/" + code, l.EndsAt})
}

func (d *Domain) readLaunch(w http.ResponseWriter, r *http.Request) error {
	l, err := d.LaunchOf(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	answer := struct {
		Status    string    `json:"status"`
		ExpiresAt time.Time `json:"expiresAt"`
		Version   *string   `json:"version"`
		Platform  *string   `json:"platform"`
	}{Status: l.Status(d.cfg.Now()), ExpiresAt: l.EndsAt}
	if l.By.Version != "" {
		answer.Version, answer.Platform = &l.By.Version, &l.By.Platform
	}
	return problem.Answer(w, http.StatusOK, answer)
}

// redeemLaunch also sets the admission's cookie: with it the software fetches the tokens of a reconnection.
func (d *Domain) redeemLaunch(w http.ResponseWriter, r *http.Request) error {
	var by Installed
	if err := problem.Decode(r.Body, &by); err != nil {
		return err
	}
	ticket, admission, err := d.Redeem(r.Context(), r.PathValue("code"), by)
	var wait *Waiting
	if err != nil && !errors.As(err, &wait) {
		return err
	}
	sealed, err := d.seal(r.Context(), admission)
	if err != nil {
		return err
	}
	http.SetCookie(w, newCookie(sealed, max(1, int(admission.Expires.Sub(d.cfg.Now()).Seconds()))))
	if wait != nil {
		return answerWaiting(w, wait)
	}
	return problem.Answer(w, http.StatusOK, ticketAnswer(ticket))
}
