package relay

import (
	"net"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/icetcp"
	"github.com/coopnet/coopnet/relay/internal/metrics"
)

// MediaTCPError is a TCP port beside the media port that could not be opened.
type MediaTCPError = icetcp.ListenError

// openMedia opens the media port and the TCP port of the same number, unless the process needs that one for something
// else; media over UDP on 443, beside HTTPS, is such a case.
func openMedia(cfg Config) (*egress.Socket, net.Listener, error) {
	for _, other := range cfg.Others {
		if samePort(cfg.Media, other) {
			cfg.Logger.Info("no media over TCP: that port is for something else", "port", other)
			socket, err := egress.Listen(cfg.Media)
			return socket, nil, err
		}
	}
	return icetcp.ListenBoth(cfg.Media)
}

// samePort compares the ports of two addresses. Port 0 is never the same: it becomes one that is free.
func samePort(a, b string) bool {
	_, name, err := net.SplitHostPort(a)
	if err != nil {
		return false
	}
	_, other, err := net.SplitHostPort(b)
	if err != nil {
		return false
	}
	port, err := net.LookupPort("tcp", name)
	if err != nil || port == 0 {
		return false
	}
	same, err := net.LookupPort("tcp", other)
	return err == nil && port == same
}

func (r *Relay) connected() metrics.TCP {
	s := r.tcp
	if s == nil {
		return metrics.TCP{}
	}
	connections, pending := s.Live()
	return metrics.TCP{
		Connections: connections, Pending: pending, PacketsReceived: s.Received.Load(), PacketsSent: s.Sent.Load(), PacketsDropped: s.Dropped.Load(),
		Refusals: map[string]uint64{"limit": s.Turned.Load(), "unfit": s.Unfit.Load()},
	}
}
