package app

import (
	"errors"
	"net/http"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/update"
)

// entryError is what a portal, or the way to it, says to the launch code.
type entryError struct{ cause error }

func (e *entryError) Error() string { return e.cause.Error() }
func (e *entryError) Unwrap() error { return e.cause }

// explain says an error to people: what has happened, and what to do next.
func (a *app) explain(err error) string {
	var hand *ErrByHand
	var failed *updateError
	var old *tooOld
	var over *closed
	var unsupported *capture.Unsupported
	if said := a.proxied(err); said != "" && !errors.As(err, &failed) && (stands(err) || !errors.Is(err, session.ErrLost)) {
		return said
	}
	switch {
	case errors.As(err, &hand):
		return text.Fill(a.said.ByHand, "command", update.ByHand(hand.Path))
	case errors.As(err, &failed):
		return a.words.Message.Failed
	case errors.As(err, &old):
		return text.Fill(a.faults.AskFor, "version", text.Foreign(old.needed, longestVersion))
	case errors.Is(err, launch.ErrURL):
		return a.said.Code
	case errors.Is(err, errNoShare):
		return a.said.NoShare
	case errors.Is(err, capture.ErrGone):
		return a.said.Gone
	case errors.Is(err, session.ErrLost):
		return a.said.Lost
	case errors.As(err, &unsupported):
		return a.said.Unsupported[string(unsupported.Reason)]
	case errors.As(err, &over) && over.reason != session.Refused:
		return a.said.Closed[string(over.reason)]
	}
	return a.refused(err)
}

// refused says a no of the portal or of the relay; what is none is a fault of the software.
func (a *app) refused(err error) string {
	var r *session.Refusal
	var entry *entryError
	if !errors.As(err, &r) {
		return a.faults.Broken
	}
	entering := errors.As(err, &entry)
	switch r.Status {
	case 0:
		return a.said.Unreachable
	case http.StatusNotFound, http.StatusConflict:
		if entering {
			return a.said.Used
		}
		if r.Code == "conflict" {
			return a.faults.Crowded
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusInternalServerError:
		return a.said.Unavailable
	case http.StatusUpgradeRequired:
		return a.faults.NoUpdate
	}
	if r.Code == "publish-denied" {
		return a.said.NoShare
	}
	return a.said.Denied
}
