// Package sealed puts small values into cookies that only we can read or change.
//
// A sealed value is a key's id, a dot, and the base64url of nonce and ciphertext (AES-256-GCM). What it is for is
// authenticated too, so that no other value of ours can be put in its place.
package sealed

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Key is one of the keys; Value has 32 bytes.
type Key struct {
	ID    string
	Value []byte
}

// Errors of Open and of Box.Keys.
var (
	// ErrNotOurs is a value that we did not seal, or not for this, or with a key that is gone. Nobody is told which.
	ErrNotOurs = errors.New("not a value that was sealed here")
	// ErrUnknownKey is an id that no key has, or not any more.
	ErrUnknownKey = errors.New("no key has this id")
)

// Box seals values for one purpose.
type Box struct {
	Purpose string // the cookie's name
	Max     int    // the longest value that Open looks at
	Rand    io.Reader
	// Keys returns the key with the id, or the current one for "". ErrUnknownKey for an id that is not known.
	Keys func(ctx context.Context, id string) (Key, error)
}

// Seal returns v, encrypted.
func (b Box) Seal(ctx context.Context, v any) (string, error) {
	key, err := b.Keys(ctx, "")
	if err != nil {
		return "", fmt.Errorf("find the cookie key: %w", err)
	}
	aead, err := newAEAD(key.Value)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode what is sealed: %w", err)
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(b.Rand, nonce); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	ciphertext := aead.Seal(nonce, nonce, plain, b.additional(key.ID))
	return key.ID + "." + base64.RawURLEncoding.EncodeToString(ciphertext), nil
}

// Open decrypts a value into v, or returns ErrNotOurs. Other errors are faults.
func (b Box) Open(ctx context.Context, value string, v any) error {
	id, text, ok := strings.Cut(value, ".")
	if !ok || id == "" || len(value) > b.Max {
		return ErrNotOurs
	}
	ciphertext, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return ErrNotOurs
	}
	key, err := b.Keys(ctx, id)
	if errors.Is(err, ErrUnknownKey) {
		return ErrNotOurs
	}
	if err != nil {
		return fmt.Errorf("find the cookie key: %w", err)
	}
	aead, err := newAEAD(key.Value)
	if err != nil {
		return err
	}
	if len(ciphertext) < aead.NonceSize() {
		return ErrNotOurs
	}
	plain, err := aead.Open(nil, ciphertext[:aead.NonceSize()], ciphertext[aead.NonceSize():], b.additional(id))
	if err != nil {
		return ErrNotOurs
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return ErrNotOurs // of another version
	}
	return nil
}

func (b Box) additional(keyID string) []byte { return []byte(b.Purpose + "\x00" + keyID) }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the cookie key: %w", err)
	}
	return cipher.NewGCM(block)
}
