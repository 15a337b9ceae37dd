package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/logging"
	"github.com/pion/srtp/v2"
	"github.com/pion/stun"
	"github.com/pion/transport/v2/packetio"

	"github.com/coopnet/coopnet/shared/whip"
)

const (
	joinTimeout     = 30 * time.Second
	checkInterval   = 100 * time.Millisecond // of connectivity checks until one is answered
	consentInterval = 4 * time.Second        // RFC 7675 section 5.1
	checkPriority   = 126<<24 | 65535<<8 | 255
)

// session is one participant's transport: a WHIP or WHEP resource, ICE, DTLS and the SRTP keys.
type session struct {
	socket   *socket
	resource *whip.Session
	ours     credentials // restart changes these two while the poll does not run
	answer   answer
	media    func(datagram []byte, at time.Duration) // RTP and RTCP, on the poll's goroutine
	ticked   func(at time.Duration)                  // likewise
	inbound  *packetio.Buffer                        // DTLS
	remote   atomic.Pointer[netip.AddrPort]          // who answered a check first
	checked  chan struct{}                           // closed then
	keys     atomic.Pointer[keys]
	dtls     *dtls.Conn
	consent  time.Duration // when the latest check was sent
	answered bool          // a check was, since the latest credentials
}

type credentials struct{ ufrag, password string }

// keys are both directions' SRTP contexts. The inbound one belongs to the poll's goroutine.
type keys struct{ in, out *srtp.Context }

// identity is what all participants of a run share.
type identity struct {
	certificate tls.Certificate
	fingerprint string
	client      *http.Client
}

func newSession(p *poll) (*session, error) {
	socket, err := p.open()
	if err != nil {
		return nil, err
	}
	return &session{socket: socket, ours: newCredentials(), inbound: packetio.NewBuffer(), checked: make(chan struct{})}, nil
}

func newCredentials() credentials { return credentials{ufrag: rand.Text()[:8], password: rand.Text()} }

// open posts the offer and connects; the session's media function gets packets from now on.
func (s *session) open(ctx context.Context, id *identity, endpoint whip.Endpoint, offer string, profile Profile) error {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	var err error
	if s.resource, err = whip.Open(ctx, endpoint, offer); err != nil {
		return err
	}
	if s.answer, err = parseAnswer(s.resource.Answer); err != nil {
		return err
	}
	if err := s.socket.attach(transport{s}); err != nil {
		return err
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	return s.handshake(ctx, id, profile)
}

// connect sends checks to all candidates until one answers.
func (s *session) connect(ctx context.Context) error {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		for _, candidate := range s.answer.candidates {
			if err := s.check(candidate); err != nil {
				return err
			}
		}
		select {
		case <-s.checked:
			return nil
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("no connectivity check was answered from %v: can the relay's UDP port be reached from here?", s.answer.candidates)
		}
	}
}

// restart makes new ICE credentials (RFC 8445 section 9) and connects with them; media flows on meanwhile.
func (s *session) restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	fresh := newCredentials()
	text, err := s.resource.Patch(ctx, s.resource.ETag, fmt.Sprintf("a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", fresh.ufrag, fresh.password))
	if err != nil {
		return fmt.Errorf("restart ICE: %w", err)
	}
	theirs := readCredentials(text)
	if theirs.ufrag == "" || theirs.password == "" {
		return errors.New("restart ICE: the relay answered without credentials")
	}
	s.socket.poll.turn.Lock()
	s.ours, s.answer.ice, s.answered, s.checked = fresh, theirs, false, make(chan struct{})
	s.socket.poll.turn.Unlock()
	return s.connect(ctx)
}

// check sends a Binding request that nominates (RFC 8445 section 7.2.2).
func (s *session) check(to netip.AddrPort) error {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest,
		stun.NewUsername(s.answer.ice.ufrag+":"+s.ours.ufrag), attribute(stun.AttrUseCandidate),
		attribute(stun.AttrPriority, checkPriority>>24, checkPriority>>16&0xff, checkPriority>>8&0xff, checkPriority&0xff),
		attribute(stun.AttrICEControlling, 0, 0, 0, 0, 0, 0, 0, 1),
		stun.NewShortTermIntegrity(s.answer.ice.password), stun.Fingerprint)
	if err != nil {
		return fmt.Errorf("build connectivity check: %w", err)
	}
	s.socket.write(m.Raw, to)
	return nil
}

func attribute(kind stun.AttrType, value ...byte) stun.Setter {
	return stun.RawAttribute{Type: kind, Value: value}
}

// binding takes STUN on the poll's goroutine: answers to our checks, and the checks of a relay that is not ICE-lite.
func (s *session) binding(datagram []byte, from netip.AddrPort) {
	m := &stun.Message{Raw: datagram}
	if m.Decode() != nil {
		return
	}
	switch m.Type {
	case stun.BindingSuccess:
		if !s.answered && stun.NewShortTermIntegrity(s.answer.ice.password).Check(m) == nil {
			s.answered = true
			s.remote.Store(&from)
			close(s.checked)
		}
	case stun.BindingRequest:
		integrity := stun.NewShortTermIntegrity(s.ours.password)
		if integrity.Check(m) != nil {
			return
		}
		reply, err := stun.Build(m, stun.BindingSuccess,
			&stun.XORMappedAddress{IP: from.Addr().AsSlice(), Port: int(from.Port())}, integrity, stun.Fingerprint)
		if err == nil {
			s.socket.write(reply.Raw, from)
		}
	}
}

func (s *session) handshake(ctx context.Context, id *identity, profile Profile) error {
	offered := dtls.SRTP_AEAD_AES_128_GCM
	if profile == CM {
		offered = dtls.SRTP_AES128_CM_HMAC_SHA1_80
	}
	conn, err := dtls.ClientWithContext(ctx, pipe{s}, &dtls.Config{
		Certificates: []tls.Certificate{id.certificate}, SRTPProtectionProfiles: []dtls.SRTPProtectionProfile{offered},
		InsecureSkipVerify:   true, // the fingerprint in the answer decides (RFC 8122)
		ExtendedMasterSecret: dtls.RequireExtendedMasterSecret, LoggerFactory: silent{},
	})
	if err != nil {
		return fmt.Errorf("DTLS handshake: %w", err)
	}
	s.dtls = conn
	state := conn.ConnectionState()
	if len(state.PeerCertificates) == 0 || fingerprint(state.PeerCertificates[0]) != s.answer.fingerprint {
		return errors.New("the relay's certificate is not the one in its answer")
	}
	selected, ok := conn.SelectedSRTPProtectionProfile()
	if !ok || selected != offered {
		return errors.New("the relay did not take the SRTP profile")
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(selected)}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return fmt.Errorf("export keys: %w", err)
	}
	k := &keys{}
	if k.in, err = srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile); err != nil {
		return fmt.Errorf("make SRTP context: %w", err)
	}
	if k.out, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile); err != nil {
		return fmt.Errorf("make SRTP context: %w", err)
	}
	s.keys.Store(k)
	return nil
}

// send sends a protected datagram.
func (s *session) send(b []byte) {
	if to := s.remote.Load(); to != nil {
		s.socket.write(b, *to)
	}
}

// renew repeats the check in time for the relay to go on sending.
func (s *session) renew(at time.Duration) {
	if to := s.remote.Load(); to != nil && at-s.consent > consentInterval {
		s.consent = at
		_ = s.check(*to) // built the same way a moment ago
	}
}

// close ends the session; errors of a relay that has gone do not matter.
func (s *session) close(ctx context.Context) {
	if s.resource != nil {
		_ = s.resource.Close(ctx)
	}
	if s.dtls != nil {
		_ = s.dtls.Close()
	}
	_ = s.inbound.Close()
	s.socket.close()
}

// vanish ends the session without a word to the relay, as a machine does whose network is gone. The relay goes on sending
// to the socket's port for a while: the caller closes the socket once that would disturb nobody.
func (s *session) vanish() {
	s.socket.silence()
	if s.dtls != nil {
		_ = s.dtls.Close() // its farewell goes nowhere
	}
	_ = s.inbound.Close()
}

// transport sorts a session's datagrams by their first byte (RFC 7983 section 7).
type transport struct{ *session }

func (t transport) receive(datagram []byte, from netip.AddrPort, at time.Duration) {
	if len(datagram) == 0 {
		return
	}
	switch first := datagram[0]; {
	case first >= 128 && first <= 191:
		t.media(datagram, at)
	case first < 4:
		t.binding(datagram, from)
	case first >= 20 && first <= 63:
		_, _ = t.inbound.Write(datagram) // a full buffer drops, as a network would
	}
}

func (t transport) tick(at time.Duration) {
	t.renew(at)
	t.ticked(at)
}

// pipe is the session's DTLS datagrams as a net.Conn.
type pipe struct{ *session }

func (p pipe) Read(b []byte) (int, error)         { return p.inbound.Read(b) }
func (p pipe) Write(b []byte) (int, error)        { p.send(b); return len(b), nil }
func (p pipe) Close() error                       { return p.inbound.Close() }
func (p pipe) LocalAddr() net.Addr                { return &net.UDPAddr{} }
func (p pipe) RemoteAddr() net.Addr               { return &net.UDPAddr{} }
func (p pipe) SetDeadline(t time.Time) error      { return p.inbound.SetReadDeadline(t) }
func (p pipe) SetReadDeadline(t time.Time) error  { return p.inbound.SetReadDeadline(t) }
func (p pipe) SetWriteDeadline(_ time.Time) error { return nil }

// silent keeps pion quiet: the run says itself what failed.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger { return silent{} }
func (silent) Trace(string)                           {}
func (silent) Tracef(string, ...any)                  {}
func (silent) Debug(string)                           {}
func (silent) Debugf(string, ...any)                  {}
func (silent) Info(string)                            {}
func (silent) Infof(string, ...any)                   {}
func (silent) Warn(string)                            {}
func (silent) Warnf(string, ...any)                   {}
func (silent) Error(string)                           {}
func (silent) Errorf(string, ...any)                  {}
