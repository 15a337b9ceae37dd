package peer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash"

	"github.com/pion/srtp/v2"

	"github.com/coopnet/coopnet/relay/internal/packet"
)

// sealer encrypts RTP packets in place for one viewer. It is used under the viewer's lock.
type sealer interface {
	// seal encrypts the packet in b[:n], whose header packet.Header.Put wrote, and returns its new size. Room for
	// the largest tag, 16 bytes, must lie behind the packet in b.
	seal(b []byte, n int, index uint64) int
}

// Key derivation labels, RFC 3711 section 4.3.2.
const (
	labelEncryption = 0
	labelAuth       = 1
	labelSalt       = 2
)

// newSealer makes the sealer of a profile from the master key and salt.
func newSealer(profile srtp.ProtectionProfile, key, salt []byte) (sealer, error) {
	switch profile {
	case srtp.ProtectionProfileAeadAes128Gcm:
		return newGCM(key, salt)
	case srtp.ProtectionProfileAes128CmHmacSha1_80:
		return newCM(key, salt)
	}
	return nil, fmt.Errorf("SRTP profile %v is not supported", profile)
}

// derive is the AES-CM key derivation function of RFC 3711 section 4.3.3 with a derivation rate of 0.
func derive(label byte, key, salt []byte, size int) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive SRTP key: %w", err)
	}
	var iv [aes.BlockSize]byte
	copy(iv[:], salt)
	iv[7] ^= label
	out := make([]byte, size)
	cipher.NewCTR(block, iv[:]).XORKeyStream(out, out)
	return out, nil
}

// gcm is AEAD_AES_128_GCM, RFC 7714.
type gcm struct {
	aead  cipher.AEAD
	salt  [12]byte
	nonce [12]byte // kept here, so that it is not allocated per packet
}

func newGCM(key, salt []byte) (*gcm, error) {
	session, err := derive(labelEncryption, key, salt, len(key))
	if err != nil {
		return nil, err
	}
	sessionSalt, err := derive(labelSalt, key, salt, 12)
	if err != nil {
		return nil, err
	}
	return gcmOf(session, sessionSalt)
}

// gcmOf makes the sealer from session keys.
func gcmOf(key, salt []byte) (*gcm, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	g := &gcm{salt: [12]byte(salt)}
	if g.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	return g, nil
}

// seal forms the IV of RFC 7714 section 8.1: two zero bytes, SSRC, ROC, sequence number, all XOR the salt.
func (g *gcm) seal(b []byte, n int, index uint64) int {
	g.nonce = g.salt
	for i := range 4 {
		g.nonce[2+i] ^= b[8+i]
	}
	roc := uint32(index >> 16)
	g.nonce[6] ^= byte(roc >> 24)
	g.nonce[7] ^= byte(roc >> 16)
	g.nonce[8] ^= byte(roc >> 8)
	g.nonce[9] ^= byte(roc)
	g.nonce[10] ^= byte(index >> 8)
	g.nonce[11] ^= byte(index)
	start := packet.SizeOf(b)
	return start + len(g.aead.Seal(b[start:start], g.nonce[:], b[start:n], b[:start]))
}

// cm is AES_CM_128_HMAC_SHA1_80, RFC 3711.
type cm struct {
	stream *keystream
	salt   element // session salt times 2^16
	mac    hash.Hash
	sum    [sha1.Size]byte
}

const cmTag = 10 // bytes of authentication tag

func newCM(key, salt []byte) (*cm, error) {
	session, err := derive(labelEncryption, key, salt, len(key))
	if err != nil {
		return nil, err
	}
	sessionSalt, err := derive(labelSalt, key, salt, 14)
	if err != nil {
		return nil, err
	}
	auth, err := derive(labelAuth, key, salt, sha1.Size)
	if err != nil {
		return nil, err
	}
	return cmOf(session, sessionSalt, auth)
}

// cmOf makes the sealer from session keys.
func cmOf(key, salt, auth []byte) (*cm, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	c := &cm{salt: elementOf(append(salt[:14:14], 0, 0)), mac: hmac.New(sha1.New, auth)}
	c.stream, err = newKeystream(block)
	return c, err
}

// seal forms the IV of RFC 3711 section 4.1.1: (salt << 16) XOR (SSRC << 64) XOR (index << 16).
func (c *cm) seal(b []byte, n int, index uint64) int {
	ssrc := binary.BigEndian.Uint32(b[8:])
	c.stream.xor(b[packet.SizeOf(b):n], element{c.salt.hi ^ uint64(ssrc), c.salt.lo ^ index<<16})
	binary.BigEndian.PutUint32(b[n:], uint32(index>>16)) // the tag covers the rollover counter, section 4.2
	c.mac.Reset()
	c.mac.Write(b[:n+4])
	return n + copy(b[n:n+cmTag], c.mac.Sum(c.sum[:0]))
}
