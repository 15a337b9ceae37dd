package peer

import (
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// keystream is AES in counter mode (RFC 3711 section 4.1.1) without an allocation for each packet.
//
// The standard library's CTR is a new object for each packet, and block by block AES takes three times as long. But GCM
// encrypts in counter mode too (NIST SP 800-38D section 7.1): it counts from J0+1, where J0 = (nonce·H ⊕ L)·H for a nonce
// of 16 bytes, H is the encrypted zero block and L the block that says 128 bits. So the nonce J0·H⁻² ⊕ L·H⁻¹ makes GCM
// begin where SRTP does; the tag that comes with it is thrown away. The nonce is linear in J0: from one packet to the
// next only the bits that changed are added.
type keystream struct {
	aead    cipher.AEAD
	start   element      // J0 of the latest packet
	nonce   element      // that leads to it
	columns [128]element // what each bit of J0 adds to the nonce
	raw     [16]byte     // the nonce in bytes; kept here, so that it is not allocated
}

const gcmTag = 16 // bytes

func newKeystream(block cipher.Block) (*keystream, error) {
	k := &keystream{}
	var err error
	if k.aead, err = cipher.NewGCMWithNonceSize(block, len(k.raw)); err != nil {
		return nil, fmt.Errorf("make SRTP cipher: %w", err)
	}
	block.Encrypt(k.raw[:], k.raw[:])
	inverse := elementOf(k.raw[:]).inverse()
	k.nonce = element{0, 128}.times(inverse)
	column := inverse.times(inverse)
	for i := range k.columns {
		k.columns[i] = column
		column = column.timesX()
	}
	return k, nil
}

// xor encrypts b, whose first counter block this is; its lowest 16 bits are 0. The gcmTag bytes behind b are overwritten.
func (k *keystream) xor(b []byte, counter element) {
	// GCM increments the low 32 bits only.
	j0 := element{counter.hi, counter.lo&^0xffff_ffff | uint64(uint32(counter.lo)-1)}
	k.add(j0.hi^k.start.hi, k.columns[:64])
	k.add(j0.lo^k.start.lo, k.columns[64:])
	k.start = j0
	k.nonce.put(k.raw[:])
	k.aead.Seal(b[:0], k.raw[:], b, nil)
}

// add adds the columns of the bits in changed, the most significant first.
func (k *keystream) add(changed uint64, columns []element) {
	for ; changed != 0; changed &= changed - 1 {
		c := columns[63-bits.TrailingZeros64(changed)]
		k.nonce.hi ^= c.hi
		k.nonce.lo ^= c.lo
	}
}

// element is a block as a polynomial over GF(2) modulo 1+x+x²+x⁷+x¹²⁸, as GCM has them: the most significant bit of hi
// is the coefficient of 1 (NIST SP 800-38D section 6.3).
type element struct{ hi, lo uint64 }

func elementOf(b []byte) element {
	return element{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

func (e element) put(b []byte) {
	binary.BigEndian.PutUint64(b, e.hi)
	binary.BigEndian.PutUint64(b[8:], e.lo)
}

func (e element) timesX() element {
	const modulus = 0xe1 << 56
	return element{e.hi>>1 ^ modulus*(e.lo&1), e.lo>>1 | e.hi<<63}
}

func (e element) times(f element) element {
	var product element
	for _, half := range [2]uint64{e.hi, e.lo} {
		for bit := 63; bit >= 0; bit-- {
			if half>>bit&1 != 0 {
				product.hi ^= f.hi
				product.lo ^= f.lo
			}
			f = f.timesX()
		}
	}
	return product
}

// inverse is e to the power of 2¹²⁸-2, the product of its squares (Fermat).
func (e element) inverse() element {
	product := element{1 << 63, 0}
	for range 127 {
		e = e.times(e)
		product = product.times(e)
	}
	return product
}
