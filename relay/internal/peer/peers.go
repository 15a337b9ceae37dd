// Package peer is the one place that knows how a browser or another relay is connected: SDP, ICE, DTLS and SRTP.
//
// Presenters get a webrtc.PeerConnection with the interceptors that make a browser send well (transport-wide congestion
// control, receiver reports, NACKs). Viewers, of whom there are many, get a Viewer: ICE-lite, DTLS and our own SRTP
// encryption straight into the batch that goes to the kernel. Both share one UDP port.
package peer

import (
	"context"
	"crypto/ecdsa"
	stdelliptic "crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/logging"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/shared/problem"
)

// Config is what Peers needs.
type Config struct {
	Socket     *egress.Socket
	Announce   []netip.AddrPort // addresses in answers, the preferred one first; at least one
	TCP        bool             // these addresses are answered over TCP too
	MaxViewers int              // 0: 20,000
	NACKs      *atomic.Uint64   // counts the packets that presenters are asked for again; nil: nobody wants to know
	Logger     *slog.Logger
	Now        func() time.Time
}

// Peers makes and owns all sessions on the media port.
type Peers struct {
	socket *egress.Socket
	policy
	logger       *slog.Logger
	now          func() time.Time
	demux        *demux
	certificates []tls.Certificate
	fingerprint  string
	nacks        *atomic.Uint64
	pionLogs     logging.LoggerFactory
	running      sync.WaitGroup

	sessions
}

// sessions are those that have not ended.
type sessions struct {
	mu         sync.Mutex
	viewers    map[*Viewer]struct{}
	presenters map[*Presenter]struct{}
	closed     bool
}

// policy is what every session gets.
type policy struct {
	candidates []string // as in answers
	maxViewers int
}

// New makes Peers; Run must be called for anything to arrive.
func New(cfg Config) (*Peers, error) {
	if len(cfg.Announce) == 0 {
		return nil, errors.New("no address to announce: set the public address")
	}
	p := &Peers{
		socket: cfg.Socket, policy: policy{candidates: candidates(cfg.Announce, cfg.TCP), maxViewers: cfg.MaxViewers}, logger: cfg.Logger, now: cfg.Now,
		demux: newDemux(cfg.Socket, cfg.Announce, cfg.Now), nacks: cfg.NACKs, pionLogs: quiet{},
		sessions: sessions{viewers: make(map[*Viewer]struct{}), presenters: make(map[*Presenter]struct{})},
	}
	if p.nacks == nil {
		p.nacks = new(atomic.Uint64)
	}
	if p.maxViewers == 0 {
		p.maxViewers = 20000
	}
	certificate, err := newCertificate(cfg.Now())
	if err != nil {
		return nil, err
	}
	p.certificates, p.fingerprint = []tls.Certificate{certificate}, fingerprintOf(certificate.Certificate[0])
	return p, nil
}

// newCertificate makes the self-signed certificate whose fingerprint stands in answers.
func newCertificate(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(stdelliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make DTLS key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "coopnet relay"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make DTLS certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// Run reads the media port until the socket is closed, gives viewers signs of life, and ends those that stopped
// consenting.
func (p *Peers) Run(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	read := make(chan struct{})
	go func() { defer close(read); p.demux.run() }()
	for {
		select {
		case <-ctx.Done():
			<-read
			return
		case <-read:
			return
		case <-ticker.C:
			now := p.now()
			for _, v := range p.list() {
				if !v.alive(now) {
					v.Close()
					continue
				}
				v.signOfLife()
				v.refill()
			}
			for _, s := range p.presenting() {
				s.gate.refill()
			}
		}
	}
}

func (p *Peers) list() []*Viewer {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*Viewer, 0, len(p.viewers))
	for v := range p.viewers {
		list = append(list, v)
	}
	return list
}

func (p *Peers) presenting() []*Presenter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Keys(p.presenters))
}

// Viewers counts the viewers.
func (p *Peers) Viewers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.viewers)
}

func (p *Peers) drop(v *Viewer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.viewers, v)
}

// View answers a viewer's offer. Feedback gets the viewer's RTCP, decrypted but not parsed, on the media port's reader and
// must not block. Errors are problems.
func (p *Peers) View(offerText string, feedback func(compound []byte)) (*Viewer, string, error) {
	o, err := parseOffer(offerText)
	if err != nil {
		return nil, "", err
	}
	local, err := newCredentials()
	if err != nil {
		return nil, "", err
	}
	var random [20]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, "", fmt.Errorf("read random bytes: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	v := &Viewer{
		peers: p, fingerprint: o.fingerprint, feedback: feedback,
		Negotiated: Negotiated{
			Formats: map[packet.Codec]packet.Format{}, VideoSSRC: binary.BigEndian.Uint32(random[:]) | 1,
			AudioSSRC: binary.BigEndian.Uint32(random[4:])&^1 | 2,
		},
		lifetime: lifetime{cancel: cancel, connected: make(chan struct{}), closed: make(chan struct{}), over: make(chan struct{})},
	}
	v.RTXSSRC = v.VideoSSRC ^ 0x40000000
	v.link = newLink(p.socket, &v.destination)
	v.ice.local, v.ice.remote = local, o.ice.ufrag
	v.checkedAt.Store(p.now().UnixNano())
	v.refill()
	video, audio := o.viewed()
	if video < 0 {
		cancel()
		return nil, "", refuse("The offer has no video section that receives VP8, VP9, H.264 or AV1.")
	}
	maps.Copy(v.Formats, o.sections[video].agreed)
	v.VideoCC = o.sections[video].congestion
	if audio >= 0 {
		maps.Copy(v.Formats, o.sections[audio].agreed)
		v.AudioCC = o.sections[audio].congestion
	}
	answer := v.answer(o, p.candidates, p.fingerprint, binary.BigEndian.Uint64(random[8:])>>2)
	v.head = fragmentHead(answer)
	if err := p.admit(v, ctx); err != nil {
		cancel()
		return nil, "", err
	}
	return v, answer, nil
}

func (p *Peers) admit(v *Viewer, ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.viewers) >= p.maxViewers {
		return &problem.Error{Code: problem.Unavailable, Detail: "The relay is full; try again.", RetryAfter: 5 * time.Second}
	}
	p.viewers[v] = struct{}{}
	p.demux.register(v, v.ice.local.ufrag)
	p.running.Go(func() { defer close(v.over); v.run(ctx) })
	return nil
}

// Deliver takes a datagram of a client behind TURN or TCP as if it had come to the media port from that relayed address.
// It does not keep the datagram, and may be called from several goroutines.
func (p *Peers) Deliver(datagram []byte, from netip.AddrPort) { p.demux.deliver(datagram, from) }

// Close ends all sessions and waits for them. The socket is its owner's.
func (p *Peers) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, v := range p.list() {
		v.Close()
	}
	for _, s := range p.presenting() {
		s.Close()
	}
	p.running.Wait()
	_ = p.demux.Close()
}
