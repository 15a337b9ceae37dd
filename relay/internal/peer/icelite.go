package peer

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/stun"
)

const iceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// credentials are one side's ICE username fragment and password (RFC 8839 section 5.4).
type credentials struct{ ufrag, password string }

// valid checks the lengths and the alphabet of RFC 8839 section 5.4. Anything else could end the line that it is written
// to, and begin another one.
func (c credentials) valid() bool {
	word := func(s string, least int) bool {
		return len(s) >= least && len(s) <= 256 && strings.Trim(s, iceChars) == ""
	}
	return word(c.ufrag, 4) && word(c.password, 22)
}

// newCredentials makes 48 random bits of ufrag and 144 of password; RFC 8445 section 5.3 asks for 24 and 128.
func newCredentials() (credentials, error) {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		return credentials{}, fmt.Errorf("make ICE credentials: %w", err)
	}
	s := base64.StdEncoding.EncodeToString(b[:]) // its alphabet is that of ice-char
	return credentials{ufrag: s[:8], password: s[8:]}, nil
}

// check is what an ICE-lite agent reads from a connectivity check (RFC 8445 section 7.3).
type check struct {
	message  *stun.Message
	ufrag    string // whom the check is for
	remote   string // who sends it
	nominate bool
}

// parseCheck reads a Binding request; false for anything else. Its integrity is not verified yet.
func parseCheck(datagram []byte) (check, bool) {
	m := &stun.Message{Raw: slices.Clip(datagram)} // pion writes what it expects behind it: over TCP the next frame lies there
	if err := m.Decode(); err != nil || m.Type != stun.BindingRequest {
		return check{}, false
	}
	username, err := m.Get(stun.AttrUsername)
	if err != nil {
		return check{}, false
	}
	ours, theirs, ok := strings.Cut(string(username), ":")
	return check{message: m, ufrag: ours, remote: theirs, nominate: m.Contains(stun.AttrUseCandidate)}, ok
}

// verified reports whether the sender knows our password and the fingerprint, if any, is right.
func (c check) verified(local credentials, remoteUfrag string) bool {
	if c.ufrag != local.ufrag || c.remote != remoteUfrag {
		return false
	}
	if c.message.Contains(stun.AttrFingerprint) && stun.Fingerprint.Check(c.message) != nil {
		return false
	}
	return c.knows(local.password)
}

// knows reports whether the sender knows the password.
func (c check) knows(password string) bool {
	return stun.NewShortTermIntegrity(password).Check(c.message) == nil
}

// answer is the success response to send to from.
func (c check) answer(local credentials, from netip.AddrPort) ([]byte, error) {
	m, err := stun.Build(c.message, stun.BindingSuccess,
		&stun.XORMappedAddress{IP: net.IP(from.Addr().AsSlice()), Port: int(from.Port())},
		stun.NewShortTermIntegrity(local.password), stun.Fingerprint)
	if err != nil {
		return nil, fmt.Errorf("build STUN answer: %w", err)
	}
	return m.Raw, nil
}
