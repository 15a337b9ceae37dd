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
	Software    bool           `json:"s,omitempty"` // a launch code has shown that it is the software
	Name        string         `json:"n,omitempty"` // shown in the list, for the software, which has no identity of its own
	Expires     time.Time      `json:"x"`
}

const (
	admissionCookie = "__Host-admission"
	admissionLife   = 12 * time.Hour
	maxCookie       = 2048 // bytes; one of ours has about 300, and more with the longest name
)

// errSealed is a cookie that is not ours, or not any more. Nobody is told which.
var errSealed = errors.New("not a live admission")

// seal encrypts the admission: key id, dot, base64url of nonce and ciphertext. The cookie's name is authenticated too,
// so that no other sealed value of ours can be put in its place.
func (d *Domain) seal(ctx context.Context, a Admission) (string, error) {
	key, err := d.cfg.Keys.Sealing(ctx, "")
	if err != nil {
		return "", fmt.Errorf("find the cookie key: %w", err)
	}
	aead, err := newAEAD(key.Value)
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("encode admission: %w", err)
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(d.cfg.Rand, nonce); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	sealed := aead.Seal(nonce, nonce, plain, additional(key.ID))
	return key.ID + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// open returns the admission in a cookie's value, or errSealed.
func (d *Domain) open(ctx context.Context, value string) (Admission, error) {
	id, sealed64, ok := strings.Cut(value, ".")
	if !ok || id == "" || len(value) > maxCookie {
		return Admission{}, errSealed
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(sealed64)
	if err != nil {
		return Admission{}, errSealed
	}
	key, err := d.cfg.Keys.Sealing(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return Admission{}, errSealed
	}
	if err != nil {
		return Admission{}, fmt.Errorf("find the cookie key: %w", err)
	}
	aead, err := newAEAD(key.Value)
	if err != nil {
		return Admission{}, err
	}
	if len(sealed) < aead.NonceSize() {
		return Admission{}, errSealed
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], additional(id))
	if err != nil {
		return Admission{}, errSealed
	}
	var a Admission
	if err := json.Unmarshal(plain, &a); err != nil || !d.cfg.Now().Before(a.Expires) {
		return Admission{}, errSealed
	}
	return a, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the cookie key: %w", err)
	}
	return cipher.NewGCM(block)
}

func additional(keyID string) []byte { return []byte(admissionCookie + "\x00" + keyID) }

// newCookie follows the rules of RFC 6265bis for the __Host- prefix: Secure, Path=/, no Domain.
func newCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: admissionCookie, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
