package relay

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/coopnet/coopnet/relay/internal/metrics"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/turn"
	"github.com/coopnet/coopnet/shared/turncred"
)

// TurnConfig is what TURN needs: the way in for networks that let no UDP out.
type TurnConfig struct {
	Listen    string          // UDP and TCP, for example ":3478"
	ListenTLS string          // TLS, for example ":5349"; not opened without TLS
	TLS       *tls.Config     // nil: no TLS
	Secret    turncred.Secret // shared with whoever mints the credentials
}

// TurnListenError is a TURN port that could not be opened.
type TurnListenError = turn.ListenError

// ErrTurnNoIPv4 says that there is no media address that TURN could lead to.
var ErrTurnNoIPv4 = fmt.Errorf("open TURN: %w", turn.ErrNoIPv4)

// OpenTurn opens the TURN ports. It is called at most once, before the handlers are used.
func (r *Relay) OpenTurn(cfg TurnConfig) error {
	s, err := turn.New(turn.Config{
		Listen: cfg.Listen, ListenTLS: cfg.ListenTLS, TLS: cfg.TLS, Secret: cfg.Secret,
		Socket: r.socket, Peers: r.announce, Deliver: r.peers.Deliver, Logger: r.logger, PionLogs: peer.Quiet(), Now: time.Now,
	})
	if errors.Is(err, turn.ErrNoIPv4) {
		return ErrTurnNoIPv4
	}
	if err != nil {
		return err
	}
	r.turn = s
	over := "off"
	if a := s.AddrTLS(); a.IsValid() {
		over = a.String()
	} else if cfg.ListenTLS != "" {
		r.logger.Info("TURN over TLS is off: it needs --tls-cert and --tls-key")
	}
	r.logger.Info("TURN ready", "turn", s.Addr().String(), "turns", over)
	return nil
}

// TurnAddr is where TURN listens over UDP and TCP; not valid without TURN.
func (r *Relay) TurnAddr() netip.AddrPort {
	if r.turn == nil {
		return netip.AddrPort{}
	}
	return r.turn.Addr()
}

// TurnTLSAddr is where TURN listens over TLS; not valid without.
func (r *Relay) TurnTLSAddr() netip.AddrPort {
	if r.turn == nil {
		return netip.AddrPort{}
	}
	return r.turn.AddrTLS()
}

// ShareWithTurn lets TURN use an HTTP port too, for networks that let nothing else out. What it returns has the HTTP
// connections. With secured, connections are TLS; its NextProtos are set here.
func (r *Relay) ShareWithTurn(listener net.Listener, secured *tls.Config) net.Listener {
	if secured != nil {
		secured = secured.Clone()
		secured.NextProtos = turn.ALPN()
	}
	switch {
	case r.turn != nil:
		return r.turn.Share(listener, secured)
	case secured != nil:
		return tls.NewListener(listener, secured)
	}
	return listener
}

func (r *Relay) guarded() map[string]uint64 {
	dropped := map[string]uint64{"malformed": r.socket.Counters.Refused.Load()}
	if r.turn != nil {
		dropped["turn"] = r.turn.MalformedDatagrams()
	}
	return dropped
}

func (r *Relay) turned() metrics.Turn {
	s := r.turn
	if s == nil {
		return metrics.Turn{}
	}
	allocations, connections := s.Live()
	return metrics.Turn{
		Allocations: allocations, Connections: connections,
		PacketsToMedia: s.ToMedia.Load(), PacketsToClients: s.ToClients.Load(), BytesToMedia: s.BytesToMedia.Load(), BytesToClients: s.BytesToClients.Load(),
		PacketsDropped: s.Overflowed.Load(),
		Refusals: map[string]uint64{
			"unauthorized": s.Unauthorized.Load(), "request": s.Refused.Load(), "peer": s.Forbidden.Load(), "quota": s.Quota.Load(),
			"silenced": s.Silenced.Load(), "connection": s.Turned.Load(),
		},
	}
}
