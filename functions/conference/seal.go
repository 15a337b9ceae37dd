package conference

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/jointoken"
)

// Admission is the right to join one conference as one participant. Only this domain can make or read its cookie.
type Admission struct {
	Conference  string         `json:"c"`
	Participant string         `json:"p"`
	Role        jointoken.Role `json:"r"`
	Invitation  string         `json:"i,omitempty"` // its id, so that revoking it ends the admission
	Site        string         `json:"s,omitempty"` // where it was given, for limits
	Password    string         `json:"w,omitempty"` // the id of the one that was right, so that another one ends the admission
	Expires     time.Time      `json:"x"`
}

const (
	admissionCookie = "__Host-admission"
	admissionLife   = 12 * time.Hour
	maxCookie       = 1024 // bytes; one of ours has about 300
)

// ErrSealed is a value that is not ours, or not any more. Nobody is told which.
var ErrSealed = errors.New("not sealed here, or not alive any more")

// Sealer encrypts what the control plane alone may read, under the keys of the cookies: key id, dot, base64url of nonce
// and ciphertext. The purpose is authenticated, so that no sealed value can be put in the place of another.
type Sealer struct {
	Keys Keys
	Rand io.Reader
}

// Seal encrypts.
func (s Sealer) Seal(ctx context.Context, purpose string, plain []byte) (string, error) {
	key, err := s.Keys.Sealing(ctx, "")
	if err != nil {
		return "", fmt.Errorf("find the cookie key: %w", err)
	}
	aead, err := newAEAD(key.Value)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(s.Rand, nonce); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	sealed := aead.Seal(nonce, nonce, plain, additional(purpose, key.ID))
	return key.ID + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts. ErrSealed is the answer to anything that was not sealed for this purpose, or too long ago.
func (s Sealer) Open(ctx context.Context, purpose, value string) ([]byte, error) {
	id, sealed64, ok := strings.Cut(value, ".")
	if !ok || id == "" {
		return nil, ErrSealed
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(sealed64)
	if err != nil {
		return nil, ErrSealed
	}
	key, err := s.Keys.Sealing(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrSealed
	}
	if err != nil {
		return nil, fmt.Errorf("find the cookie key: %w", err)
	}
	aead, err := newAEAD(key.Value)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, ErrSealed
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], additional(purpose, id))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the cookie key: %w", err)
	}
	return cipher.NewGCM(block)
}

func additional(purpose, keyID string) []byte { return []byte(purpose + "\x00" + keyID) }

func (d *Domain) sealer() Sealer { return Sealer{Keys: d.cfg.Keys, Rand: d.cfg.Rand} }

// seal makes the value of an admission's cookie.
func (d *Domain) seal(ctx context.Context, a Admission) (string, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("encode admission: %w", err)
	}
	return d.sealer().Seal(ctx, admissionCookie, plain)
}

// open returns the admission in a cookie's value, or ErrSealed.
func (d *Domain) open(ctx context.Context, value string) (Admission, error) {
	if len(value) > maxCookie {
		return Admission{}, ErrSealed
	}
	plain, err := d.sealer().Open(ctx, admissionCookie, value)
	if err != nil {
		return Admission{}, err
	}
	var a Admission
	if err := json.Unmarshal(plain, &a); err != nil || !d.cfg.Now().Before(a.Expires) {
		return Admission{}, ErrSealed
	}
	return a, nil
}

// newCookie follows the rules of RFC 6265bis for the __Host- prefix: Secure, Path=/, no Domain.
func newCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: admissionCookie, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
