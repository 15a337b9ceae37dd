package turn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
)

const (
	nonceLifetime = time.Hour // RFC 8656 section 5: a new one at least each hour
	nonceTime     = 8         // bytes
	nonceMAC      = 12        // bytes
)

// nonces makes nonces and checks them, and remembers none. They are the client's address' own: a request that somebody
// overheard is good for nothing elsewhere, and who forges an address never sees the nonce for it. They are short, because
// a challenge goes to whoever a datagram names as its sender.
type nonces struct{ key [sha256.Size]byte }

func newNonces() (*nonces, error) {
	n := &nonces{}
	if _, err := rand.Read(n.key[:]); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return n, nil
}

func (n *nonces) make(client netip.AddrPort, now time.Time) string {
	return base64.RawURLEncoding.EncodeToString(n.seal(client, uint64(now.Unix())))
}

func (n *nonces) seal(client netip.AddrPort, seconds uint64) []byte {
	made := binary.BigEndian.AppendUint64(make([]byte, 0, nonceTime+sha256.Size), seconds)
	mac := hmac.New(sha256.New, n.key[:])
	mac.Write(made)
	ip := client.Addr().As16()
	mac.Write(binary.BigEndian.AppendUint16(ip[:], client.Port()))
	return mac.Sum(made)[:nonceTime+nonceMAC]
}

// valid reports whether a nonce was made for this client, and lately.
func (n *nonces) valid(nonce string, client netip.AddrPort, now time.Time) bool {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != nonceTime+nonceMAC {
		return false
	}
	made := binary.BigEndian.Uint64(b)
	if !hmac.Equal(b, n.seal(client, made)) {
		return false
	}
	return now.Sub(time.Unix(int64(made), 0)) < nonceLifetime
}
