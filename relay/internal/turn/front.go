package turn

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/quota"
)

// front stands between the clients of one carrier and pion. It is pion's net.PacketConn and its source of relayed
// addresses; pion's one reader calls ReadFrom, and from the same goroutine answers what it got.
type front struct {
	server  *Server
	carrier carrier
	ended   sync.Once

	// Only pion's reader touches these.
	message stun.Message
	pending pending
	nonce   string // pion's own, which no client sees

	due atomic.Int64 // of a connection's requests

	mu          sync.RWMutex
	allocations map[netip.AddrPort]*allocation // by the client's address: with the carrier that is the five-tuple
}

// pending is the request that pion has now.
type pending struct {
	transaction [stun.TransactionIDSize]byte
	method      stun.Method
	from        netip.AddrPort
	address     net.Addr // from, for pion
	key         stun.MessageIntegrity
	username    string
	credential  string
	refusal     stun.ErrorCode // what the allocation failed with, when pion knows a worse word for it
	channel     uint16         // of a ChannelBind, and its peer
	peer        int32
	additional  bool          // an address of IPv6 is wanted beside
	lifetime    time.Duration // of an allocation, from now on
	nonce       nonceState
}

// nonceState is how far a request is when pion's nonce has ended.
type nonceState uint8

const (
	nonceUntried nonceState = iota
	nonceRenewed            // pion has given another, the request is to be sent again
	nonceRetried
)

// ReadFrom implements net.PacketConn: the next message that pion shall see. Channels are served on the way.
func (f *front) ReadFrom(b []byte) (int, net.Addr, error) {
	if f.pending.nonce == nonceRenewed {
		f.pending.nonce = nonceRetried
		return copy(b, f.forPion(&f.message)), f.pending.address, nil
	}
	for {
		n, from, kind, err := f.carrier.read(b[:min(len(b), egress.MaxDatagram)])
		if err != nil {
			f.ended.Do(f.server.running.Done)
			return 0, nil, err
		}
		if kind == egress.Channel {
			f.channel(b[:n], from)
			continue
		}
		if f.hurries(b, from) {
			f.server.Silenced.Add(1)
			continue
		}
		if n = f.screen(b, n, from); n > 0 {
			f.pending.address = f.carrier.address(from)
			return n, f.pending.address, nil
		}
	}
}

// hurries reports whether a client sends requests faster than any honest one. It is asked before anything is computed: a
// request costs far more than the datagram that brings it, and one goroutine takes those of all clients over UDP.
func (f *front) hurries(b []byte, from netip.AddrPort) bool {
	const class = 0x0110 // 0 for requests (RFC 8489 section 5)
	if binary.BigEndian.Uint16(b)&class != 0 {
		return false
	}
	s, now := f.server, f.server.cfg.Now()
	if _, overUDP := f.carrier.(datagrams); !overUDP {
		return !s.requests.allow(&f.due, now)
	}
	if a := f.at(from); a != nil {
		return !s.requests.allow(&a.due, now)
	}
	return !s.attempts.allow(from.Addr(), now)
}

// channel takes ChannelData. What is not in a channel of an allocation is dropped (RFC 8656 section 12.6).
func (f *front) channel(b []byte, from netip.AddrPort) {
	a := f.at(from)
	if a == nil {
		return
	}
	peer := a.peerOf(binary.BigEndian.Uint16(b))
	if peer == nobody {
		return
	}
	a.deliver(b[channelHeader:channelHeader+int(binary.BigEndian.Uint16(b[2:]))], peer)
}

// WriteTo implements net.PacketConn: pion's answers, and its indications from other goroutines.
func (f *front) WriteTo(b []byte, addr net.Addr) (int, error) {
	to := addrPort(addr)
	const response = 0x0100 // the class bit of success and error responses (RFC 8489 section 5)
	if len(b) < 2 || b[0] >= 4 || binary.BigEndian.Uint16(b)&response == 0 {
		f.carrier.write(b, to)
		return len(b), nil
	}
	f.answered(b, to)
	return len(b), nil
}

// answered passes an answer of pion on, put right where pion's is wrong.
func (f *front) answered(b []byte, to netip.AddrPort) {
	p := &f.pending
	const failure = 0x0110
	if binary.BigEndian.Uint16(b)&failure == failure {
		f.failed(b)
		return
	}
	a := f.at(to)
	switch {
	case a == nil:
	case p.method == stun.MethodChannelBind:
		a.bind(p.channel, p.peer)
	case p.method == stun.MethodRefresh:
		a.ends = time.Now().Add(p.lifetime)
	}
	if p.method == stun.MethodAllocate && p.additional {
		b = p.withoutSecondAddress(b)
	}
	f.carrier.write(b, to)
}

// withoutSecondAddress says in a success response that there is no address of IPv6 (RFC 8656 section 7.2), which pion
// does not.
func (p *pending) withoutSecondAddress(b []byte) []byte {
	m := stun.Message{Raw: append([]byte(nil), b...)}
	if m.Decode() != nil {
		return b // cannot happen: pion made it
	}
	setters := []stun.Setter{stun.NewTransactionIDSetter(p.transaction), m.Type}
	for _, a := range m.Attributes {
		if a.Type != stun.AttrMessageIntegrity {
			setters = append(setters, stun.RawAttribute{Type: a.Type, Value: a.Value})
		}
	}
	code := int(stun.CodeAddrFamilyNotSupported)
	value := append([]byte{familyIPv6, 0, byte(code / 100), byte(code % 100)}, reason(stun.CodeAddrFamilyNotSupported)...)
	more, err := stun.Build(append(setters, stun.RawAttribute{Type: attrAddressErrorCode, Value: value}, p.key)...)
	if err != nil {
		return b // cannot happen: all parts are ours
	}
	return more.Raw
}

// failed takes an error of pion. pion leaves out MESSAGE-INTEGRITY, which authenticated requests are owed (RFC 8489 section
// 9.2.5), and has one code for every allocation that failed. When its nonce has ended, the request goes to it once more.
func (f *front) failed(b []byte) {
	p := &f.pending
	var code stun.ErrorCodeAttribute
	m := stun.Message{Raw: append([]byte(nil), b...)}
	if err := m.Decode(); err != nil || code.GetFrom(&m) != nil {
		code.Code = stun.CodeServerError
	}
	if code.Code == stun.CodeStaleNonce {
		var nonce stun.Nonce
		if p.nonce == nonceUntried && nonce.GetFrom(&m) == nil {
			f.nonce, p.nonce = nonce.String(), nonceRenewed
			return
		}
		code.Code = stun.CodeServerError
	}
	if p.refusal != 0 {
		code.Code = p.refusal
	}
	f.refuse(*p, code.Code)
}

// refuse answers a request with an error of our own.
func (f *front) refuse(p pending, code stun.ErrorCode, more ...stun.Setter) {
	c := &f.server.Counters
	c.Refused.Add(1)
	switch code {
	case stun.CodeForbidden, stun.CodePeerAddrFamilyMismatch:
		c.Forbidden.Add(1)
	case stun.CodeAllocQuotaReached, stun.CodeInsufficientCapacity:
		c.Quota.Add(1)
	}
	if !f.allowed(p.from) {
		return
	}
	setters := []stun.Setter{
		stun.NewTransactionIDSetter(p.transaction), stun.NewType(p.method, stun.ClassErrorResponse),
		stun.ErrorCodeAttribute{Code: code, Reason: []byte(reason(code))},
	}
	setters = append(setters, more...)
	if p.key != nil {
		setters = append(setters, p.key)
	}
	m, err := stun.Build(append(setters, stun.Fingerprint)...)
	if err != nil {
		return // cannot happen: all parts are ours
	}
	f.carrier.write(m.Raw, p.from)
}

// reason is the phrase for a code, for who reads a packet trace.
func reason(code stun.ErrorCode) string {
	switch code {
	case stun.CodeBadRequest:
		return "Bad Request"
	case stun.CodeForbidden:
		return "Forbidden"
	case stun.CodeUnknownAttribute:
		return "Unknown Attribute"
	case stun.CodeAllocMismatch:
		return "Allocation Mismatch"
	case stun.CodeAddrFamilyNotSupported:
		return "Address Family not Supported"
	case stun.CodeWrongCredentials:
		return "Wrong Credentials"
	case stun.CodeUnsupportedTransProto:
		return "Unsupported Transport Protocol"
	case stun.CodePeerAddrFamilyMismatch:
		return "Peer Address Family Mismatch"
	case stun.CodeAllocQuotaReached:
		return "Allocation Quota Reached"
	case stun.CodeInsufficientCapacity:
		return "Insufficient Capacity"
	}
	return "Server Error"
}

// allowed reports whether somebody may have an answer who has not shown a credential, or gets an error. Over UDP the
// sender's address may be forged: too many such answers to one address are not sent, nor made.
func (f *front) allowed(to netip.AddrPort) bool {
	if _, overUDP := f.carrier.(datagrams); overUDP && !f.server.answers.allow(to.Addr(), f.server.cfg.Now()) {
		f.server.Silenced.Add(1)
		return false
	}
	return true
}

// at returns the allocation of a client.
func (f *front) at(client netip.AddrPort) *allocation {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.allocations[client]
}

// Validate implements pion's RelayAddressGenerator.
func (f *front) Validate() error { return nil }

// AllocateConn implements pion's RelayAddressGenerator; there is no TURN to TCP peers (RFC 6062).
func (f *front) AllocateConn(string, int) (net.Conn, net.Addr, error) {
	return nil, nil, errors.ErrUnsupported
}

// AllocatePacketConn implements pion's RelayAddressGenerator: a connection in memory, for the pending request.
func (f *front) AllocatePacketConn(string, int) (net.PacketConn, net.Addr, error) {
	p, s := &f.pending, f.server
	source := quota.Source(p.from.Addr())
	if p.refusal = s.held.allocate(source, p.credential); p.refusal != 0 {
		return nil, nil, errors.New("too many allocations: " + reason(p.refusal))
	}
	a := newAllocation(f, p, s.cfg.Now())
	if err := s.join(a); err != nil {
		s.held.giveBack(source, p.credential)
		return nil, nil, err
	}
	f.mu.Lock()
	f.allocations[a.client] = a
	f.mu.Unlock()
	f.carrier.allocated(a.client, true)
	s.running.Add(1)
	return a, a.LocalAddr(), nil
}

const addressAttempts = 8 // of 2^37 addresses: a second one is next to never needed

// join gives an allocation its relayed address on the media port.
func (s *Server) join(a *allocation) error {
	for range addressAttempts {
		var b [5]byte
		if _, err := rand.Read(b[:]); err != nil {
			return fmt.Errorf("read random bytes: %w", err)
		}
		// RFC 8656 section 7.2 wants ports of 49152 and above, and an even one for EVEN-PORT.
		port := 49152 | binary.BigEndian.Uint16(b[3:])&0x3ffe
		a.relayed = netip.AddrPortFrom(egress.RelayedAddress(uint32(b[0])<<16|uint32(b[1])<<8|uint32(b[2])), port)
		if s.cfg.Socket.Join(a.relayed, a) {
			return nil
		}
	}
	return errors.New("no relayed address is free")
}

// release gives back what an allocation held.
func (f *front) release(a *allocation) {
	f.server.cfg.Socket.Leave(a.relayed)
	f.mu.Lock()
	current := f.allocations[a.client] == a
	if current {
		delete(f.allocations, a.client)
	}
	f.mu.Unlock()
	if current {
		f.carrier.allocated(a.client, false)
	}
	f.server.held.giveBack(quota.Source(a.client.Addr()), a.credential)
	f.server.running.Done()
}

// Close implements net.PacketConn.
func (f *front) Close() error { return f.carrier.close() }

// LocalAddr implements net.PacketConn.
func (f *front) LocalAddr() net.Addr { return f.carrier.local() }

// SetDeadline implements net.PacketConn; pion never uses it.
func (f *front) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.PacketConn.
func (f *front) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.PacketConn.
func (f *front) SetWriteDeadline(time.Time) error { return nil }
