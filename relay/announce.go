package relay

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/coopnet/coopnet/relay/internal/heartbeat"
	"github.com/coopnet/coopnet/relay/internal/metrics"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

const (
	// maxVisits that wait for the control plane; after that everybody who is in is told anew.
	maxVisits = 1 << 16
	// lastWords is the time for them at a stop.
	lastWords = 2 * time.Second
)

// Link carries what a relay says to its control plane.
type Link = heartbeat.Link

// AnnounceConfig says to whom a relay announces itself, and as what.
type AnnounceConfig struct {
	Link       Link           // to a control plane in this process; nil: over HTTP, with what follows
	URL        string         // the control plane's origin
	Credential string         // the relay's own; its addresses are proven with it
	Roots      *x509.CertPool // nil: the machine's

	Public   string   // base of WHIP, WHEP and control, as browsers reach them
	TURN     []string // RFC 7065
	Region   string
	Capacity int // participants; 0: not known
}

// Announce begins to tell the control plane of this relay, until Shutdown. Config.Announced must have been set.
func (r *Relay) Announce(cfg AnnounceConfig) error {
	if r.rooms.Attendance() == nil || r.heartbeat.Load() != nil {
		return errors.New("relay: Announce needs Config.Announced, and comes once")
	}
	instance := rand.Text()
	link := cfg.Link
	if link == nil {
		over := heartbeat.NewHTTP(cfg.URL, r.id, cfg.Credential, cfg.Roots)
		r.unlink, link = over.Close, over
		r.prove.Store(&prover{credential: cfg.Credential, id: r.id, instance: instance})
	}
	r.heartbeat.Store(heartbeat.Start(heartbeat.Config{
		Link: link, Rooms: r.rooms, Trials: r.trials, Logger: r.logger, Now: r.now,
		Self: announce.Announcement{
			Instance: instance, Region: cfg.Region, WHIP: cfg.Public + "/whip", WHEP: cfg.Public + "/whep", Control: webSocket(cfg.Public) + "/control",
			TURN: append([]string{}, cfg.TURN...), Capacity: cfg.Capacity,
		},
	}))
	return nil
}

// webSocket turns http into ws and https into wss.
func webSocket(base string) string {
	if len(base) > 4 && base[:4] == "http" {
		return "ws" + base[4:]
	}
	return base
}

// quiet has the control plane send nobody here any more.
func (r *Relay) quiet(ctx context.Context) {
	h := r.heartbeat.Load()
	if h == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	h.Drain(ctx)
}

// farewell tells who has left.
func (r *Relay) farewell(ctx context.Context) {
	h := r.heartbeat.Load()
	if h == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lastWords)
	defer cancel()
	h.Close(ctx)
	if r.unlink != nil {
		r.unlink()
	}
}

func (r *Relay) beats() metrics.Heartbeat {
	h := r.heartbeat.Load()
	if h == nil {
		return metrics.Heartbeat{}
	}
	s := h.Stats()
	return metrics.Heartbeat{Accepted: s.Accepted, LastSuccess: s.LastSuccess, Failures: s.Failures, Waiting: s.Waiting, Losses: s.Losses}
}

// prover answers probes of the control plane.
type prover struct{ credential, id, instance string }

// probe shows whoever asks that this relay has its credential, and nothing else.
func (r *Relay) probe(w http.ResponseWriter, q *http.Request) {
	p, nonce := r.prove.Load(), q.URL.Query().Get("nonce")
	if p == nil || q.Method != http.MethodGet {
		notFound(w, q)
		return
	}
	if len(nonce) < announce.MinNonce || len(nonce) > announce.MaxNonce {
		problem.Write(w, w.Header().Get(requestIDHeader), problem.New(problem.Malformed, "The nonce is too short or too long."))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	_ = problem.Answer(w, http.StatusOK, announce.Answer{Proof: announce.Proof(p.credential, p.id, p.instance, nonce)}) // two strings
}

// RemoveParticipant throws a participant out of a conference and keeps it out.
func (r *Relay) RemoveParticipant(conference, participant string) {
	r.rooms.Remove(conference, participant)
}
