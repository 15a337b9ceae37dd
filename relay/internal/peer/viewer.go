package peer

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/elliptic"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v2"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

// Viewer is the transport to one viewer: ICE-lite (RFC 8445), DTLS-SRTP (RFC 5764) and our own SRTP encryption. It
// starts no goroutine per packet: what comes in is handled on the media port's reader, what goes out on the track's.
type Viewer struct {
	peers       *Peers
	fingerprint string // of the viewer's certificate
	head        string // of an ICE restart's answer
	Negotiated
	feedback func(compound []byte)

	ice struct {
		sync.Mutex
		local  credentials
		remote string // the viewer's ufrag
	}
	entry entry
	target
	pulse
	link *link

	// keys appear when the handshake is done.
	inbound  atomic.Pointer[srtp.Context] // used by the media port's reader alone
	sealing  sync.Mutex
	sealer   sealer
	outbound *srtp.Context // RTCP

	lifetime
}

// Negotiated is what the answer promised the viewer.
type Negotiated struct {
	Formats   map[packet.Codec]packet.Format
	VideoSSRC uint32
	RTXSSRC   uint32
	AudioSSRC uint32
	// VideoCC and AudioCC are the header extension ids of transport-wide sequence numbers; 0 where there are none.
	VideoCC, AudioCC uint8
}

// target is where packets go.
type target struct {
	destination atomic.Pointer[egress.Destination] // nil while that is not known
	moves       atomic.Uint32
}

// pulse is what Peers.Run looks after each second.
type pulse struct {
	checkedAt   atomic.Int64 // Unix nanoseconds of the latest verified check
	shakesSince atomic.Int64 // when its first handshake datagram came, in ns since 1970; 0 before
	spoke       atomic.Bool  // RTCP went out since the last sign of life was due
	reports     atomic.Int32 // RTCP datagrams that are still taken in this second
	checks      atomic.Int32 // checks that are still answered
}

type lifetime struct {
	cancel    context.CancelFunc
	connected chan struct{}
	closed    chan struct{}
	over      chan struct{} // closed after the farewell
	closing   sync.Once
}

const (
	handshakeTimeout = 30 * time.Second
	flightInterval   = 200 * time.Millisecond // of a lost handshake flight
	patience         = time.Second            // with a handshake whose answers go elsewhere
	consentTimeout   = 30 * time.Second       // RFC 7675 section 5.1
	// silence is after how long without a check there a viewer's address may go to another one. Browsers check each 2.5 s, or
	// each 4 to 6 s (RFC 7675 section 5.1): one check may be lost.
	silence = 13 * time.Second
	// maxReports is how many RTCP datagrams a viewer may send in a second; more are dropped undecrypted. Browsers send
	// fewer than a hundred: a NACK each 20 ms at worst, and reports.
	maxReports = 200
	// maxChecks is how many connectivity checks of a participant are answered in a second. Browsers send twenty at the
	// very beginning (RFC 8445 section 14), and one each few seconds later.
	maxChecks = 100
)

// Connected is closed once media can flow.
func (v *Viewer) Connected() <-chan struct{} { return v.connected }

// Closed is closed when the viewer has gone or Close was called.
func (v *Viewer) Closed() <-chan struct{} { return v.closed }

// check handles a connectivity check on the media port's reader. A lite agent takes the pair that the browser nominates;
// the first good one serves until then.
func (v *Viewer) check(c check, from netip.AddrPort) {
	v.ice.Lock()
	local, remote := v.ice.local, v.ice.remote
	v.ice.Unlock()
	if !c.verified(local, remote) || v.checks.Add(-1) < 0 {
		return
	}
	now := v.peers.now()
	moved, ok := v.peers.demux.claim(v, from, c.nominate, now)
	if !ok {
		return
	}
	v.checkedAt.Store(now.UnixNano())
	if moved {
		v.move(from)
	}
	if answer, err := c.answer(local, v.peers.socket.Origin(from)); err == nil {
		_ = v.peers.socket.Write(answer, from) // counted there; the browser repeats its check
	}
}

// receive handles what is not a check, on the media port's reader.
func (v *Viewer) receive(datagram []byte, kind egress.Kind, from netip.AddrPort) {
	switch kind {
	case egress.DTLS:
		if v.inbound.Load() == nil && v.stuck(v.peers.now()) {
			v.follow(from)
		}
		_, _ = v.link.Buffer.Write(datagram) // a full buffer drops, as a network would
	case egress.RTCP:
		c := v.inbound.Load()
		if c == nil || v.reports.Add(-1) < 0 {
			return
		}
		if plain, err := c.DecryptRTCP(nil, datagram, nil); err == nil {
			v.follow(from)
			v.feedback(plain)
		}
	}
}

// stuck reports whether a handshake has lasted longer than one should. Until then the answers go where checks have led: a
// relayed way may be the first to open, and what begins there leaves the estimate with another way's delay.
func (v *Viewer) stuck(now time.Time) bool {
	if v.shakesSince.CompareAndSwap(0, now.UnixNano()) {
		return false
	}
	return now.UnixNano()-v.shakesSince.Load() >= int64(patience)
}

// follow lets media go to where the browser itself sends from: that is the pair it has selected. Firefox nominates with
// every check (RFC 5245 section 8.1.1.2), and the last one to come need not be of that pair.
func (v *Viewer) follow(from netip.AddrPort) {
	if to := v.destination.Load(); to != nil && to.Address == from {
		return
	}
	if v.peers.demux.settle(v, from, v.peers.now()) {
		v.move(from)
	}
}

func (v *Viewer) move(to netip.AddrPort) {
	if v.destination.Swap(v.peers.socket.Destination(to)) != nil {
		v.moves.Add(1)
	}
}

// Moves implements forward.Transport.
func (v *Viewer) Moves() uint32 { return v.moves.Load() }

// run makes the handshake and then waits for the end of the DTLS session.
func (v *Viewer) run(ctx context.Context) {
	defer v.Close()
	conn, err := v.handshake(ctx)
	if err != nil {
		if ctx.Err() == nil {
			v.peers.logger.Info("viewer handshake failed", "error", err)
		}
		return
	}
	defer conn.Close() // sends close_notify: the browser notices at once. Its reader must have ended, or it may not
	if err := v.keys(conn); err != nil {
		v.peers.logger.Warn("viewer keys", "error", err)
		return
	}
	close(v.connected)
	defer context.AfterFunc(ctx, func() { _ = v.link.Close() })()
	var b [256]byte
	for err == nil { // nothing is expected but the end
		_, err = conn.Read(b[:])
	}
	_ = v.link.Close()
}

func (v *Viewer) handshake(ctx context.Context) (*dtls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = v.link.SetReadDeadline(time.Unix(1, 0)) })
	profiles, err := v.link.profiles()
	stop()
	if err != nil {
		return nil, fmt.Errorf("wait for the ClientHello: %w", err)
	}
	return dtls.ServerWithContext(ctx, v.link, &dtls.Config{
		Certificates:            v.peers.certificates,
		SRTPProtectionProfiles:  profiles,
		ClientAuth:              dtls.RequireAnyClientCert,
		InsecureSkipVerify:      true, // the fingerprint in the offer decides (RFC 8122)
		VerifyPeerCertificate:   v.verify,
		ExtendedMasterSecret:    dtls.RequireExtendedMasterSecret,
		CipherSuites:            []dtls.CipherSuiteID{dtls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA}, // GO-2026-4479 is in GCM
		EllipticCurves:          []elliptic.Curve{elliptic.X25519, elliptic.P256},
		FlightInterval:          flightInterval,
		InsecureSkipVerifyHello: true, // ICE has verified the address already
		LoggerFactory:           v.peers.pionLogs,
	})
}

func (v *Viewer) verify(raw [][]byte, _ [][]*x509.Certificate) error {
	if len(raw) == 0 || fingerprintOf(raw[0]) != v.fingerprint {
		return errors.New("the certificate is not the one in the offer")
	}
	return nil
}

// fingerprintOf formats a certificate's hash as SDP does (RFC 8122 section 5).
func fingerprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	var s strings.Builder
	for i, b := range sum {
		if i > 0 {
			s.WriteByte(':')
		}
		fmt.Fprintf(&s, "%02X", b)
	}
	return s.String()
}

func (v *Viewer) keys(conn *dtls.Conn) error {
	selected, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return errors.New("no SRTP profile in common")
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(selected)}
	state := conn.ConnectionState()
	if err := cfg.ExtractSessionKeysFromDTLS(&state, false); err != nil {
		return fmt.Errorf("export keys: %w", err)
	}
	inbound, err := srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile, srtp.SRTCPReplayProtection(64))
	if err != nil {
		return fmt.Errorf("make SRTCP context: %w", err)
	}
	outbound, err := srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile)
	if err != nil {
		return fmt.Errorf("make SRTCP context: %w", err)
	}
	sealer, err := newSealer(cfg.Profile, cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt)
	if err != nil {
		return err
	}
	v.sealing.Lock()
	v.sealer, v.outbound = sealer, outbound
	v.sealing.Unlock()
	v.inbound.Store(inbound)
	return nil
}

// Protect implements forward.Transport.
func (v *Viewer) Protect(b *egress.Batch, reserved []byte, n int, index uint64) bool {
	to := v.destination.Load()
	v.sealing.Lock()
	if v.sealer == nil || to == nil {
		v.sealing.Unlock()
		return false
	}
	n = v.sealer.seal(reserved, n, index)
	v.sealing.Unlock()
	b.Commit(to, n)
	return true
}

// signOfLife sends an empty receiver report (RFC 3550 section 6.1) unless other RTCP went out since the last call: a
// viewer of a still screen can then tell it from a dead network within seconds.
func (v *Viewer) signOfLife() {
	if !v.spoke.Swap(false) {
		v.Feedback([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: v.VideoSSRC}, rtcp.NewCNAMESourceDescription(v.VideoSSRC, streamID)})
		v.spoke.Store(false)
	}
}

// Feedback implements forward.Transport.
func (v *Viewer) Feedback(packets []rtcp.Packet) {
	v.spoke.Store(true)
	to := v.destination.Load()
	plain, err := rtcp.Marshal(packets)
	if err != nil || to == nil {
		return
	}
	v.sealing.Lock()
	var sealed []byte
	if v.outbound != nil {
		sealed, err = v.outbound.EncryptRTCP(nil, plain, nil)
	}
	v.sealing.Unlock()
	if err == nil && sealed != nil {
		_ = v.peers.socket.Write(sealed, to.Address) // counted there
	}
}

func (p *pulse) refill() {
	p.reports.Store(maxReports)
	p.checks.Store(maxChecks)
}

// alive reports whether the viewer still consents to get media (RFC 7675).
func (v *Viewer) alive(now time.Time) bool { return v.silence(now) < consentTimeout }

// silence is the time since the latest verified check.
func (v *Viewer) silence(now time.Time) time.Duration {
	return time.Duration(now.UnixNano() - v.checkedAt.Load())
}

// Restart begins an ICE restart (RFC 8445 section 9): media flows on to the old address until a check comes from
// elsewhere. It returns the fragment that answers, "" when the credentials are those of before. One goroutine at a time
// may call it.
func (v *Viewer) Restart(f Fragment) (string, error) {
	fresh, err := newCredentials()
	if err != nil {
		return "", err
	}
	v.ice.Lock()
	known := v.ice.remote == f.ice.ufrag
	v.ice.Unlock()
	if known {
		return "", nil
	}
	if !v.peers.demux.rename(v, fresh.ufrag) {
		return "", errEnded()
	}
	v.ice.Lock()
	v.ice.local, v.ice.remote = fresh, f.ice.ufrag
	v.ice.Unlock()
	return v.head + fresh.lines(v.peers.candidates), nil
}

// Close ends the session. It may be called more than once and returns at once; Peers.Close waits for the rest.
func (v *Viewer) Close() {
	v.closing.Do(func() {
		v.cancel()
		v.peers.demux.forget(v)
		v.peers.drop(v)
		close(v.closed)
	})
}
