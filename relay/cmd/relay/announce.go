package main

import (
	"net"
	"net/url"

	"github.com/coopnet/coopnet/relay"
)

// tell announces the relay to its control plane.
func tell(r *relay.Relay, cfg Config, ready Ready) error {
	if cfg.Announce == "" {
		return nil
	}
	capacity, err := cfg.capacity()
	if err != nil {
		return err
	}
	public := cfg.PublicURL
	if public == "" {
		public = ready.Relay
	}
	turn, err := turnURLs(r, public)
	if err != nil {
		return err
	}
	return r.Announce(relay.AnnounceConfig{URL: cfg.Announce, Credential: cfg.Key, Public: public, TURN: turn, Region: cfg.Region, Capacity: capacity})
}

// turnURLs is where browsers find TURN, the cheapest way first (RFC 7065). It is at the host that the control plane has
// proven to be this relay's.
func turnURLs(r *relay.Relay, public string) ([]string, error) {
	base, err := url.Parse(public)
	if err != nil {
		return nil, err
	}
	if !r.TurnAddr().IsValid() {
		return nil, nil
	}
	at := func(scheme, port, transport string) string {
		return scheme + ":" + net.JoinHostPort(base.Hostname(), port) + "?transport=" + transport
	}
	_, port, _ := net.SplitHostPort(r.TurnAddr().String())
	list := []string{at("turn", port, "udp"), at("turn", port, "tcp")}
	if a := r.TurnTLSAddr(); a.IsValid() {
		_, port, _ := net.SplitHostPort(a.String())
		list = append(list, at("turns", port, "tcp"))
	}
	if base.Scheme == "https" { // HTTPS and TURN share a port: often the only one that a firewall lets out
		port := base.Port()
		if port == "" {
			port = "443"
		}
		list = append(list, at("turns", port, "tcp"))
	}
	return list, nil
}
