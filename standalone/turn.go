package standalone

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/turncred"
)

// startTurn opens the TURN ports. Control plane and relay are one process: the secret between them needs no configuration.
func (s *system) startTurn(context.Context) (err error) {
	if s.cfg.Turn == "" {
		s.logger.Warn("TURN is off: guests whose network lets no UDP out will see no picture")
		return nil
	}
	secret, err := turncred.RandomSecret(rand.Reader)
	if s.cfg.TurnSecret != "" {
		secret, err = turncred.NewSecret(s.cfg.TurnSecret)
	}
	if err != nil {
		return err
	}
	cfg := relay.TurnConfig{Listen: s.cfg.Turn, ListenTLS: s.cfg.Turns, TLS: s.tls, Secret: secret}
	for {
		err = s.media.OpenTurn(cfg)
		var refused *relay.TurnListenError
		if !errors.As(err, &refused) {
			break
		}
		if !s.dispensable(refused) {
			return bindError(refused.Setting, refused.Address, refused.Err)
		}
		s.logger.Warn("TURN lacks a port that another program uses: some guests will see no picture", "setting", refused.Setting, "address", refused.Address)
		if refused.Setting == "turn" {
			return nil
		}
		cfg.ListenTLS = ""
	}
	if errors.Is(err, relay.ErrTurnNoIPv4) {
		s.logger.Warn("TURN is off: it needs an IPv4 address in --public-ip")
		return nil
	}
	if err != nil {
		return fmt.Errorf("start TURN: %w", err)
	}
	s.turnSecret = secret
	return nil
}

// dispensable reports whether a port is a default that another program uses already: whoever tries Coopnet beside it has
// not asked for TURN. A port that was asked for must be had.
func (s *system) dispensable(refused *relay.TurnListenError) bool {
	if !errors.Is(refused.Err, syscall.EADDRINUSE) {
		return false
	}
	for _, standard := range Settings() {
		if standard.Flag == refused.Setting {
			return refused.Address == standard.Default
		}
	}
	return false
}

// turnURLs is where browsers find TURN, the cheapest way first (RFC 7065).
func (s *system) turnURLs() []string {
	if s.turnSecret.IsZero() {
		return nil
	}
	origin, err := url.Parse(s.public)
	if err != nil {
		return nil // cannot happen: Validate has accepted it
	}
	host := s.turnHost(origin.Hostname())
	at := func(scheme, host, port, transport string) string {
		return scheme + ":" + net.JoinHostPort(host, port) + "?transport=" + transport
	}
	port := fmt.Sprint(s.media.TurnAddr().Port())
	urls := []string{at("turn", host, port, "udp"), at("turn", host, port, "tcp")}
	if a := s.media.TurnTLSAddr(); a.IsValid() {
		urls = append(urls, at("turns", origin.Hostname(), fmt.Sprint(a.Port()), "tcp"))
	}
	if s.tls != nil && origin.Scheme == "https" { // the portal's own port: often the only one that a firewall lets out
		port := origin.Port()
		if port == "" {
			port = "443"
		}
		urls = append(urls, at("turns", origin.Hostname(), port, "tcp"))
	}
	return urls
}

// turnHost is where TURN without TLS is reached: what the user said, or else the address that media has too. Browsers do
// not send UDP to "localhost" from their sockets. With TLS it is always the portal's name, which the certificate has.
func (s *system) turnHost(portal string) string {
	ips, err := s.cfg.publicIPs()
	switch own := s.media.TurnAddr().Addr(); {
	case s.cfg.PublicURL != "":
		return portal
	case err == nil && len(ips) > 0:
		return ips[0].String()
	case !own.IsUnspecified():
		return own.String()
	}
	return s.media.MediaAddr().Addr().String()
}
