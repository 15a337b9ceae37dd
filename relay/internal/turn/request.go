package turn

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/shared/turncred"
)

const (
	// rememberFor is how long an allocation may be refreshed with the credential that made it, even when that has
	// expired meanwhile: a long conference must not lose its picture. What is remembered dies with the allocation.
	rememberFor = 24 * time.Hour

	// ending is before the end of an allocation, when nothing of its client reaches pion any more: pion's timer may close
	// it in the middle of a request, and a permission that is just made has no timer yet to be stopped, which is a panic.
	ending = time.Second

	defaultLifetime = 10 * time.Minute // RFC 8656 section 3.2
	maxLifetime     = 30 * time.Minute // pion takes less than an hour

	protocolUDP = 17
	familyIPv4  = 1
	familyIPv6  = 2

	attrAdditionalAddressFamily stun.AttrType = 0x8000 // section 18.11
	attrAddressErrorCode        stun.AttrType = 0x8001 // section 18.12
)

// screen reads the message in b[:n]. It answers what is to be refused, and returns the size of what pion shall see: the
// message itself, or one in its place; 0 is nothing.
func (f *front) screen(b []byte, n int, from netip.AddrPort) int {
	m := &f.message
	m.Raw = append(m.Raw[:0], b[:n]...)
	if err := m.Decode(); err != nil || !wellFormed(m) {
		f.server.Malformed.Add(1)
		return 0
	}
	f.pending = pending{transaction: m.TransactionID, method: m.Type.Method, from: from, peer: nobody}
	switch {
	case m.Type == stun.NewType(stun.MethodSend, stun.ClassIndication):
		// RFC 8656 section 11.2: without an allocation, or with what we do not know, it is silently discarded.
		if f.at(from) == nil || len(unknown(m)) > 0 {
			return 0
		}
		return n
	case m.Type == stun.BindingRequest:
		return f.binding(m, n)
	case m.Type.Class == stun.ClassRequest && authenticated(m.Type.Method):
		return copy(b, f.request(m))
	}
	return 0
}

func authenticated(m stun.Method) bool {
	return m == stun.MethodAllocate || m == stun.MethodRefresh || m == stun.MethodCreatePermission || m == stun.MethodChannelBind
}

// wellFormed checks what holds for every message: a fingerprint that is right, and nothing behind MESSAGE-INTEGRITY that
// it does not cover (RFC 8489 section 14.5).
func wellFormed(m *stun.Message) bool {
	if m.Contains(stun.AttrFingerprint) && stun.Fingerprint.Check(m) != nil {
		return false
	}
	covered := true
	for _, a := range m.Attributes {
		if !covered && a.Type != stun.AttrFingerprint {
			return false
		}
		covered = covered && a.Type != stun.AttrMessageIntegrity
	}
	return true
}

// binding passes a Binding request of n bytes on, or refuses it. It needs no credential: its answer is limited as an error
// is.
func (f *front) binding(m *stun.Message, n int) int {
	if list := unknown(m); len(list) > 0 {
		f.refuse(f.pending, stun.CodeUnknownAttribute, list) // RFC 8489 section 6.3.1
		return 0
	}
	if !f.allowed(f.pending.from) {
		return 0
	}
	return n
}

// request checks a request that needs a credential (RFC 8489 section 9.2.4) and returns what pion shall see instead of
// it, or nothing.
func (f *front) request(m *stun.Message) []byte {
	p := &f.pending
	if !m.Contains(stun.AttrMessageIntegrity) {
		f.challenge(stun.CodeUnauthorized)
		return nil
	}
	var username stun.Username
	var realmHere stun.Realm
	var nonce stun.Nonce
	if username.GetFrom(m) != nil || realmHere.GetFrom(m) != nil || nonce.GetFrom(m) != nil {
		f.refuse(*p, stun.CodeBadRequest)
		return nil
	}
	if !f.server.nonces.valid(nonce.String(), p.from, f.server.cfg.Now()) {
		f.challenge(stun.CodeStaleNonce)
		return nil
	}
	p.username = string(username)
	key, ok := f.key(p.username, realmHere.String(), f.carrier.address(p.from))
	if !ok || realmHere.String() != realm || stun.MessageIntegrity(key).Check(m) != nil {
		f.challenge(stun.CodeUnauthorized)
		return nil
	}
	p.key = key
	p.credential, _, _ = turncred.Parse(p.username)
	if list := unknown(m); len(list) > 0 {
		f.refuse(*p, stun.CodeUnknownAttribute, list)
		return nil
	}
	if code := f.check(m); code != 0 {
		f.refuse(*p, code)
		return nil
	}
	return f.forPion(m)
}

// challenge asks for a credential, or for the same request with another nonce.
func (f *front) challenge(code stun.ErrorCode) {
	p := &f.pending
	if !f.allowed(p.from) {
		return
	}
	f.server.Unauthorized.Add(1)
	m, err := stun.Build(stun.NewTransactionIDSetter(p.transaction), stun.NewType(p.method, stun.ClassErrorResponse), stun.ErrorCodeAttribute{Code: code},
		stun.NewNonce(f.server.nonces.make(p.from, f.server.cfg.Now())), stun.NewRealm(realm))
	if err != nil {
		return // cannot happen: all parts are ours
	}
	f.carrier.write(m.Raw, p.from)
}

// key implements pion's AuthHandler.
func (f *front) key(username, realm string, source net.Addr) ([]byte, bool) {
	id, expires, err := turncred.Parse(username)
	if err != nil {
		return nil, false
	}
	if now := f.server.cfg.Now(); now.After(expires) {
		a := f.at(addrPort(source))
		if a == nil || a.username != username || now.Sub(a.since) > rememberFor || isTest(id) {
			return nil, false
		}
	}
	return stun.NewLongTermIntegrity(username, realm, f.server.cfg.Secret.Password(username)), true
}

// unknown lists the attributes that must be understood and are not (RFC 8489 section 6.3.1).
func unknown(m *stun.Message) stun.UnknownAttributes {
	var list stun.UnknownAttributes
	for _, a := range m.Attributes {
		switch a.Type {
		case stun.AttrUsername, stun.AttrMessageIntegrity, stun.AttrRealm, stun.AttrNonce, stun.AttrChannelNumber, stun.AttrLifetime,
			stun.AttrXORPeerAddress, stun.AttrData, stun.AttrRequestedAddressFamily, stun.AttrEvenPort, stun.AttrRequestedTransport,
			stun.AttrReservationToken, 0x0010: // BANDWIDTH, which left the standard and is ignored
		default:
			if a.Type.Required() && !slices.Contains(list, a.Type) {
				list = append(list, a.Type)
			}
		}
	}
	return list
}

// check returns the error that RFC 8656 has for an authenticated request, or 0.
func (f *front) check(m *stun.Message) stun.ErrorCode {
	a := f.at(f.pending.from)
	if a != nil && time.Until(a.ends) < ending {
		return stun.CodeAllocMismatch
	}
	if m.Type.Method == stun.MethodAllocate {
		return f.checkAllocate(m, a)
	}
	switch {
	case a == nil:
		return stun.CodeAllocMismatch // section 5: no allocation for this five-tuple
	case a.username != f.pending.username:
		return stun.CodeWrongCredentials
	}
	switch m.Type.Method {
	case stun.MethodRefresh:
		if family, err := m.Get(stun.AttrRequestedAddressFamily); err == nil && !isIPv4(family) {
			return stun.CodePeerAddrFamilyMismatch // section 8.2
		}
	case stun.MethodCreatePermission:
		return f.checkPeers(m)
	case stun.MethodChannelBind:
		return f.checkChannel(m)
	}
	return 0
}

// checkAllocate is RFC 8656 section 7.2.
func (f *front) checkAllocate(m *stun.Message, a *allocation) stun.ErrorCode {
	if a != nil {
		if a.transaction == m.TransactionID {
			f.pending.additional = m.Contains(attrAdditionalAddressFamily)
			return 0 // sent again: pion repeats its answer
		}
		return stun.CodeAllocMismatch
	}
	transport, err := m.Get(stun.AttrRequestedTransport)
	switch {
	case err != nil || len(transport) != 4:
		return stun.CodeBadRequest
	case transport[0] != protocolUDP: // pion would make an allocation for TCP, which then carries UDP
		return stun.CodeUnsupportedTransProto
	}
	additional, err := m.Get(attrAdditionalAddressFamily)
	f.pending.additional = err == nil
	if f.pending.additional && (len(additional) != 4 || additional[0] != familyIPv6 || m.Contains(stun.AttrRequestedAddressFamily)) {
		return stun.CodeBadRequest
	}
	if m.Contains(stun.AttrReservationToken) {
		if m.Contains(stun.AttrEvenPort) || m.Contains(stun.AttrRequestedAddressFamily) || f.pending.additional {
			return stun.CodeBadRequest
		}
		return stun.CodeInsufficientCapacity // nothing was ever reserved
	}
	const reserveNext = 0x80 // the next port as well: only neighbours of real ports can be reserved
	switch even, err := m.Get(stun.AttrEvenPort); {
	case err == nil && (len(even) != 1 || even[0]&reserveNext != 0 && f.pending.additional):
		return stun.CodeBadRequest
	case err == nil && even[0]&reserveNext != 0:
		return stun.CodeInsufficientCapacity
	}
	if family, err := m.Get(stun.AttrRequestedAddressFamily); err == nil && !isIPv4(family) {
		return stun.CodeAddrFamilyNotSupported
	}
	return 0
}

func isIPv4(family []byte) bool { return len(family) == 4 && family[0] == familyIPv4 }

// checkPeers is RFC 8656 section 10.2: all peers or none. Their ports do not matter for a permission.
func (f *front) checkPeers(m *stun.Message) stun.ErrorCode {
	list, code := peerAddresses(m)
	for _, p := range list {
		if code == 0 && !f.server.permits(p.Addr()) {
			code = stun.CodeForbidden
		}
	}
	return code
}

// checkChannel is RFC 8656 section 12.2. pion finds out whether the channel or the peer is bound otherwise.
func (f *front) checkChannel(m *stun.Message) stun.ErrorCode {
	number, err := m.Get(stun.AttrChannelNumber)
	if err != nil || len(number) != 4 {
		return stun.CodeBadRequest
	}
	channel := binary.BigEndian.Uint16(number)
	if channel < 0x4000 || channel > 0x4fff {
		return stun.CodeBadRequest
	}
	list, code := peerAddresses(m)
	if code != 0 {
		return code
	}
	peer := f.server.peer(list[0])
	if len(list) > 1 {
		return stun.CodeBadRequest
	}
	if peer == nobody {
		return stun.CodeForbidden
	}
	f.pending.channel, f.pending.peer = channel, peer
	return 0
}

// peerAddresses reads all XOR-PEER-ADDRESS attributes (RFC 8489 section 14.2). IPv6 never fits: it can neither be a peer
// of an IPv4 allocation nor name an IPv4 peer by a mapped or tunnelled address.
func peerAddresses(m *stun.Message) ([]netip.AddrPort, stun.ErrorCode) {
	var list []netip.AddrPort
	for _, a := range m.Attributes {
		if a.Type != stun.AttrXORPeerAddress {
			continue
		}
		if len(a.Value) != 8 || a.Value[1] != familyIPv4 {
			return nil, stun.CodePeerAddrFamilyMismatch
		}
		const cookie = 0x2112a442
		port := binary.BigEndian.Uint16(a.Value[2:]) ^ cookie>>16
		var ip [4]byte
		binary.BigEndian.PutUint32(ip[:], binary.BigEndian.Uint32(a.Value[4:])^cookie)
		list = append(list, netip.AddrPortFrom(netip.AddrFrom4(ip), port))
	}
	if len(list) == 0 {
		return nil, stun.CodeBadRequest
	}
	return list, 0
}

// forPion returns a request that was found right, as pion shall see it: with pion's own nonce, and with a lifetime as RFC
// 8656 section 7.2 has it, at least the default, at most our maximum. pion takes any below an hour, seconds too, and the
// default for more. EVEN-PORT is left out: our relayed ports are all even, and pion would reserve the next port unasked.
func (f *front) forPion(m *stun.Message) []byte {
	p := &f.pending
	p.lifetime = defaultLifetime
	setters := []stun.Setter{stun.NewTransactionIDSetter(m.TransactionID), m.Type}
	for _, a := range m.Attributes {
		switch a.Type {
		case stun.AttrMessageIntegrity, stun.AttrFingerprint, stun.AttrEvenPort, stun.AttrNonce, stun.AttrLifetime:
			continue
		}
		setters = append(setters, stun.RawAttribute{Type: a.Type, Value: a.Value})
	}
	if value, err := m.Get(stun.AttrLifetime); err == nil && len(value) == 4 {
		asked := time.Duration(binary.BigEndian.Uint32(value)) * time.Second
		p.lifetime = max(min(asked, maxLifetime), defaultLifetime)
		if asked == 0 && p.method == stun.MethodRefresh { // the end
			p.lifetime = 0
		}
	}
	seconds := binary.BigEndian.AppendUint32(nil, uint32(p.lifetime/time.Second))
	changed, err := stun.Build(append(setters, stun.RawAttribute{Type: stun.AttrLifetime, Value: seconds}, stun.NewNonce(f.nonce), p.key)...)
	if err != nil {
		return nil // cannot happen: the message was well-formed
	}
	return changed.Raw
}

// peer returns the number of one of the relay's own addresses, or nobody.
func (s *Server) peer(a netip.AddrPort) int32 { return int32(slices.Index(s.peers, a)) }

// permits reports whether an address is the relay's own. Everything else is denied: other loopback, private, link-local
// and metadata addresses have no way in because they are not on the list, whatever they are called.
func (s *Server) permits(a netip.Addr) bool {
	return slices.ContainsFunc(s.peers, func(p netip.AddrPort) bool { return p.Addr() == a })
}

// permitted implements pion's PermissionHandler, and says the same once more.
func (s *Server) permitted(_ net.Addr, ip net.IP) bool {
	a, ok := netip.AddrFromSlice(ip)
	return ok && s.permits(a)
}
