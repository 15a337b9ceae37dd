// Package turncred makes and checks TURN credentials of limited time, in the form that TURN servers understand by custom
// (draft-uberti-behave-turn-rest-00): the username says until when and for whom, the password is a MAC over it. The
// control plane mints them and the relay verifies them; they share a secret and never speak to each other.
package turncred

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

const (
	minSecret   = 16  // characters
	randomBytes = 32  // of a secret that nobody chose
	maxUsername = 256 // bytes; STUN allows 512
	maxDigits   = 11  // of the time: until the year 5138
)

// ErrUsername says that a username is not of this form.
var ErrUsername = errors.New("not a username of limited time")

// Secret is what control plane and relay share. The zero Secret is none.
type Secret struct{ key []byte }

// NewSecret takes a secret that an operator chose.
func NewSecret(text string) (Secret, error) {
	if len(text) < minSecret {
		return Secret{}, fmt.Errorf("the TURN secret must have at least %d characters; make one with `openssl rand -base64 32`", minSecret)
	}
	return Secret{key: []byte(text)}, nil
}

// RandomSecret makes a secret for a control plane and a relay in one process.
func RandomSecret(random io.Reader) (Secret, error) {
	key := make([]byte, randomBytes)
	if _, err := io.ReadFull(random, key); err != nil {
		return Secret{}, fmt.Errorf("read random bytes: %w", err)
	}
	return Secret{key: key}, nil
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return len(s.key) == 0 }

// String keeps the secret out of texts.
func (Secret) String() string { return "(secret)" }

// GoString keeps the secret out of texts.
func (Secret) GoString() string { return "(secret)" }

// LogValue keeps the secret out of logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

// Credential is a pair for RTCIceServer.
type Credential struct{ Username, Password string }

// Mint makes a credential for an opaque id: no name and no e-mail, because usernames travel in the clear.
func (s Secret) Mint(id string, expires time.Time) Credential {
	username := strconv.FormatInt(expires.Unix(), 10) + ":" + id
	return Credential{Username: username, Password: s.Password(username)}
}

// Password is the one that goes with a username. HMAC-SHA1 is the form that all TURN servers share.
func (s Secret) Password(username string) string {
	mac := hmac.New(sha1.New, s.key)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Parse reads a username. The id may be absent; it is then the username itself. Parse does not look at the clock.
func Parse(username string) (id string, expires time.Time, err error) {
	digits, id, named := strings.Cut(username, ":")
	seconds, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || len(digits) > maxDigits || len(username) > maxUsername {
		return "", time.Time{}, ErrUsername
	}
	if !named || id == "" {
		id = username
	}
	return id, time.Unix(int64(seconds), 0), nil
}
