// Package peertest is a viewer for tests of the relay. It does what a browser does to play, on a socket of its own: offer,
// check (ICE, over UDP or TCP), shake hands (DTLS), decrypt (SRTP). Unlike a browser it shows every packet, and can stop
// reading.
package peertest

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/selfsign"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v2"
	"github.com/pion/stun"
	"github.com/pion/transport/v2/packetio"
)

// Patience is how long anything in a test may take.
const Patience = 10 * time.Second

// The payload types that a viewer offers.
const (
	VP8    = 96
	VP8RTX = 97
	Opus   = 111
)

// CongestionControl is the header extension id of the transport-wide sequence number that a viewer offers.
const CongestionControl = 5

const (
	ufrag    = "vwrU"
	password = "viewerPasswordViewerPassword"
)

// Config chooses what the viewer is able to do.
type Config struct {
	Profiles []dtls.SRTPProtectionProfile // in order; nil: AES-CM, then GCM, as browsers have them
	NoRTX    bool
	// NoCongestionControl leaves the transport-wide sequence numbers out of the offer.
	NoCongestionControl bool
	TCP                 bool // instead of UDP
	// Nominated is called between the check and the handshake.
	Nominated func()
}

// Viewer is one viewer. It belongs to one test.
type Viewer struct {
	t           testing.TB
	cfg         Config
	conn        net.Conn // nil before Accept over TCP
	certificate tls.Certificate
	answer      string

	handshake *packetio.Buffer // DTLS that came in
	checks    chan []byte
	media     chan []byte // SRTP and SRTCP as they came in
	reading   chan struct{}

	dtls     *dtls.Conn
	ended    chan struct{}
	inbound  *srtp.Context
	outbound *srtp.Context
}

// New makes a viewer with a socket; the test closes it.
func New(t testing.TB, cfg Config) *Viewer {
	t.Helper()
	certificate, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Profiles == nil {
		cfg.Profiles = []dtls.SRTPProtectionProfile{dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM}
	}
	v := &Viewer{
		t: t, cfg: cfg, certificate: certificate,
		handshake: packetio.NewBuffer(), checks: make(chan []byte, 16), media: make(chan []byte, 4096), reading: make(chan struct{}), ended: make(chan struct{}),
	}
	if !cfg.TCP {
		if v.conn, err = newDatagrams(); err != nil {
			t.Fatal(err)
		}
		go v.read()
	}
	t.Cleanup(v.Close)
	return v
}

// Offer is the viewer's session description.
func (v *Viewer) Offer() string {
	formats, rtx := fmt.Sprint(VP8), ""
	if !v.cfg.NoRTX {
		formats += fmt.Sprint(" ", VP8RTX)
		rtx = fmt.Sprintf("a=rtpmap:%d rtx/90000\na=fmtp:%d apt=%d\n", VP8RTX, VP8RTX, VP8)
	}
	if !v.cfg.NoCongestionControl {
		rtx += fmt.Sprintf("a=extmap:%d http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\na=rtcp-fb:%d transport-cc\n", CongestionControl, VP8)
	}
	transport := fmt.Sprintf("c=IN IP4 0.0.0.0\na=ice-ufrag:%s\na=ice-pwd:%s\na=fingerprint:sha-256 %s\na=setup:actpass\na=rtcp-mux\na=recvonly\n",
		ufrag, password, fingerprint(v.certificate.Certificate[0]))
	text := "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1\n" +
		fmt.Sprintf("m=video 9 UDP/TLS/RTP/SAVPF %s\na=mid:0\n%sa=rtpmap:%d VP8/90000\n%s", formats, transport, VP8, rtx) +
		fmt.Sprintf("m=audio 9 UDP/TLS/RTP/SAVPF %d\na=mid:1\n%sa=rtpmap:%d opus/48000/2\n", Opus, transport, Opus)
	return strings.ReplaceAll(text, "\n", "\r\n")
}

// fingerprint formats a certificate's hash (RFC 8122 section 5).
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// Accept takes the relay's answer; the first candidate in it that fits is where the relay is.
func (v *Viewer) Accept(answer string) {
	v.t.Helper()
	v.answer = answer
	at := v.candidate(answer)
	if datagrams, ok := v.conn.(*datagrams); ok {
		datagrams.relay = net.UDPAddrFromAddrPort(at)
		return
	}
	var err error
	if v.conn, err = dial(at); err != nil {
		v.t.Fatal(err)
	}
	go v.read()
}

func (v *Viewer) candidate(answer string) netip.AddrPort {
	v.t.Helper()
	transport := "udp"
	if v.cfg.TCP {
		transport = "tcp"
	}
	for line := range strings.Lines(answer) {
		fields := strings.Fields(line)
		if len(fields) < 6 || !strings.HasPrefix(line, "a=candidate:") || fields[2] != transport {
			continue
		}
		at, err := netip.ParseAddrPort(net.JoinHostPort(fields[4], fields[5]))
		if err != nil {
			v.t.Fatal(err)
		}
		return at
	}
	v.t.Fatalf("no candidate for %s in the answer:\n%s", transport, answer)
	return netip.AddrPort{}
}

func attribute(description, key string) string {
	for line := range strings.Lines(description) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "a="+key+":"); ok {
			return value
		}
	}
	return ""
}

// Address is where the viewer is.
func (v *Viewer) Address() netip.AddrPort {
	if tcp, ok := v.conn.LocalAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort()
	}
	return v.conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Check is a connectivity check. The zero value with Nominate is what a browser sends; the rest replaces what is right.
type Check struct {
	Nominate bool
	Username string
	Password string
}

// Request composes the check (RFC 8445 section 7.2.2).
func (v *Viewer) Request(c Check) []byte {
	v.t.Helper()
	if c.Username == "" {
		c.Username = attribute(v.answer, "ice-ufrag") + ":" + ufrag
	}
	if c.Password == "" {
		c.Password = attribute(v.answer, "ice-pwd")
	}
	setters := []stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(c.Username)}
	if c.Nominate {
		setters = append(setters, stun.RawAttribute{Type: stun.AttrUseCandidate})
	}
	m, err := stun.Build(append(setters, stun.NewShortTermIntegrity(c.Password), stun.Fingerprint)...)
	if err != nil {
		v.t.Fatal(err)
	}
	return m.Raw
}

// Write sends a datagram to the relay as it is.
func (v *Viewer) Write(b []byte) (int, error) { return v.conn.Write(b) }

// Checked sends a check and returns the relay's answer to it.
func (v *Viewer) Checked(c Check) *stun.Message {
	v.t.Helper()
	request := &stun.Message{Raw: v.Request(c)}
	if err := request.Decode(); err != nil {
		v.t.Fatal(err)
	}
	if _, err := v.Write(request.Raw); err != nil {
		v.t.Fatal(err)
	}
	deadline := time.After(Patience)
	for {
		select {
		case b := <-v.checks:
			m := &stun.Message{Raw: b}
			if err := m.Decode(); err != nil {
				v.t.Fatal(err)
			}
			if m.TransactionID == request.TransactionID {
				return m
			}
		case <-deadline:
			v.t.Fatal("the relay does not answer the check")
		}
	}
}

// Connect does everything up to the keys.
func (v *Viewer) Connect(answer string) {
	v.t.Helper()
	v.Accept(answer)
	if err := v.Handshake(); err != nil {
		v.t.Fatal(err)
	}
	v.keys()
}

// Handshake checks and shakes hands.
func (v *Viewer) Handshake() error {
	v.t.Helper()
	v.Checked(Check{Nominate: true})
	if v.cfg.Nominated != nil {
		v.cfg.Nominated()
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	conn, err := dtls.ClientWithContext(ctx, handshake{v}, &dtls.Config{
		Certificates: []tls.Certificate{v.certificate}, SRTPProtectionProfiles: v.cfg.Profiles, ExtendedMasterSecret: dtls.RequireExtendedMasterSecret,
		FlightInterval: 100 * time.Millisecond, InsecureSkipVerify: true, // the fingerprint in the answer decides
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if "sha-256 "+fingerprint(raw[0]) != attribute(v.answer, "fingerprint") {
				return errors.New("the certificate is not the one in the answer")
			}
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("shake hands: %w", err)
	}
	v.dtls = conn
	go func() {
		defer close(v.ended)
		var b [256]byte
		for {
			if _, err := conn.Read(b[:]); err != nil {
				return
			}
		}
	}()
	return nil
}

// Ended is closed when the relay has said goodbye.
func (v *Viewer) Ended() <-chan struct{} { return v.ended }

func (v *Viewer) keys() {
	v.t.Helper()
	selected, ok := v.dtls.SelectedSRTPProtectionProfile()
	if !ok {
		v.t.Fatal("no SRTP profile was agreed")
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(selected)}
	state := v.dtls.ConnectionState()
	if err := cfg.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		v.t.Fatal(err)
	}
	var err error
	if v.inbound, err = srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile); err != nil {
		v.t.Fatal(err)
	}
	if v.outbound, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile); err != nil {
		v.t.Fatal(err)
	}
}

// Profile is the SRTP profile that was agreed.
func (v *Viewer) Profile() dtls.SRTPProtectionProfile {
	p, _ := v.dtls.SelectedSRTPProtectionProfile()
	return p
}

// Next returns the next packet, decrypted, and whether it is RTCP; ok is false when none comes within the wait.
func (v *Viewer) Next(wait time.Duration) (plain []byte, isRTCP, ok bool) {
	v.t.Helper()
	select {
	case b := <-v.media:
		isRTCP = b[1] >= 192 && b[1] <= 223
		var err error
		if isRTCP {
			plain, err = v.inbound.DecryptRTCP(nil, b, nil)
		} else {
			plain, err = v.inbound.DecryptRTP(nil, b, nil)
		}
		if err != nil {
			v.t.Fatal(fmt.Errorf("decrypt: %w", err))
		}
		return plain, isRTCP, true
	case <-time.After(wait):
		return nil, false, false
	}
}

// Send sends RTCP.
func (v *Viewer) Send(packets ...rtcp.Packet) {
	v.t.Helper()
	if _, err := v.Write(v.Seal(packets...)); err != nil {
		v.t.Fatal(err)
	}
}

// Seal encrypts RTCP.
func (v *Viewer) Seal(packets ...rtcp.Packet) []byte {
	v.t.Helper()
	plain, err := rtcp.Marshal(packets)
	if err != nil {
		v.t.Fatal(err)
	}
	sealed, err := v.outbound.EncryptRTCP(nil, plain, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return sealed
}

// Deafen stops reading: from now on the viewer costs the test nothing.
func (v *Viewer) Deafen() {
	_ = v.conn.SetReadDeadline(time.Unix(1, 0))
	<-v.reading
}

// Close ends the viewer; the relay is told by DTLS. pion may close its connection before it has said so, unless its
// reader has ended before.
func (v *Viewer) Close() {
	_ = v.handshake.Close()
	if v.dtls != nil {
		<-v.ended
		_ = v.dtls.Close()
	}
	if v.conn != nil {
		v.Deafen()
		_ = v.conn.Close()
	}
}

// read sorts what comes in by its first byte (RFC 7983 section 7). What nobody fetches is dropped.
func (v *Viewer) read() {
	defer close(v.reading)
	for {
		b := make([]byte, 1500)
		n, err := v.conn.Read(b)
		if errors.Is(err, os.ErrDeadlineExceeded) || err != nil && v.cfg.TCP {
			return
		}
		if err != nil || n < 2 {
			continue // an ICMP error
		}
		to := v.media
		switch first := b[0]; {
		case first < 4:
			to = v.checks
		case first >= 20 && first < 64:
			_, _ = v.handshake.Write(b[:n])
			continue
		}
		select {
		case to <- b[:n]:
		default:
		}
	}
}

// handshake is the viewer's DTLS as a net.Conn.
type handshake struct{ v *Viewer }

// Read implements net.Conn.
func (h handshake) Read(b []byte) (int, error) { return h.v.handshake.Read(b) }

// Write implements net.Conn.
func (h handshake) Write(b []byte) (int, error) { return h.v.Write(b) }

// Close implements net.Conn.
func (h handshake) Close() error { return h.v.handshake.Close() }

// LocalAddr implements net.Conn.
func (h handshake) LocalAddr() net.Addr { return h.v.conn.LocalAddr() }

// RemoteAddr implements net.Conn.
func (h handshake) RemoteAddr() net.Addr { return h.v.conn.RemoteAddr() }

// SetDeadline implements net.Conn.
func (h handshake) SetDeadline(t time.Time) error { return h.v.handshake.SetReadDeadline(t) }

// SetReadDeadline implements net.Conn.
func (h handshake) SetReadDeadline(t time.Time) error { return h.v.handshake.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn; writes never block.
func (h handshake) SetWriteDeadline(time.Time) error { return nil }
