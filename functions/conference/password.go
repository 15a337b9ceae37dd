package conference

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/singleflight"
	"golang.org/x/text/unicode/norm"

	"github.com/coopnet/coopnet/shared/problem"
)

// NormalPassword is NFC and nothing else: spaces count.
func NormalPassword(password string) string { return norm.NFC.String(password) }

// alphabet has no character that is mistaken for another on paper or on the phone.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// GeneratePassword makes one that can be read aloud: three groups of five, 74 bits.
func GeneratePassword(random io.Reader) (string, error) {
	var s strings.Builder
	b := make([]byte, 1)
	for n := 0; n < 15; {
		if _, err := io.ReadFull(random, b); err != nil {
			return "", fmt.Errorf("read random bytes: %w", err)
		}
		if int(b[0]) >= 256/len(alphabet)*len(alphabet) { // else some characters would be likelier
			continue
		}
		if n > 0 && n%5 == 0 {
			s.WriteByte('-')
		}
		s.WriteByte(alphabet[int(b[0])%len(alphabet)])
		n++
	}
	return s.String(), nil
}

// Hasher hashes passwords. When it has no room in time it returns problem.Unavailable.
type Hasher interface {
	Hash(ctx context.Context, password string) (phc string, err error)
	// Verify reports whether password has the hash phc. Its work does not depend on the result, nor on what was asked
	// before, unless exactly this was told to Remember.
	Verify(ctx context.Context, phc, password string) (bool, error)
	// Remember lets Verify answer without work for a while. Only what has let somebody in may be remembered: after a
	// refusal, an answer in less time would say that the password is right.
	Remember(phc, password string)
	// Dummy returns a hash that no password has: always the same for a name, another for each, so that attempts on
	// unknown names share as much work as attempts on known ones.
	Dummy(name string) (phc string)
}

// OWASP's minimum for argon2id.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// How long a right password is remembered, and how many of them.
const (
	rememberFor  = 5 * time.Minute
	rememberMost = 1024
)

// Argon2Config bounds the work.
type Argon2Config struct {
	Slots int           // computations at a time, 19 MiB each; 0 is one per processor
	Wait  time.Duration // for a slot; 0 is 1.5 s, so that every answer comes within 2 s
	Rand  io.Reader
	Now   func() time.Time
}

// Argon2 is the Hasher. When a whole company joins at once with the same right password, it is computed once: the
// proof is remembered for a few minutes under a key of this process.
type Argon2 struct {
	cfg    Argon2Config
	slots  chan struct{}
	key    []byte // of the memory and of the dummies; never leaves the process
	derive func(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte
	flight singleflight.Group

	mu    sync.Mutex
	right map[[32]byte]time.Time // HMAC of hash and password -> until
}

// NewArgon2 makes a Hasher.
func NewArgon2(cfg Argon2Config) (*Argon2, error) {
	if cfg.Slots <= 0 {
		cfg.Slots = runtime.GOMAXPROCS(0)
	}
	if cfg.Wait <= 0 {
		cfg.Wait = 1500 * time.Millisecond
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &Argon2{
		cfg: cfg, slots: make(chan struct{}, cfg.Slots), key: make([]byte, 32), derive: argon2.IDKey, right: make(map[[32]byte]time.Time),
	}
	if _, err := io.ReadFull(cfg.Rand, a.key); err != nil {
		return nil, fmt.Errorf("read random bytes: %w", err)
	}
	return a, nil
}

// Hash returns the PHC string of a new hash.
func (a *Argon2) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(a.cfg.Rand, salt); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	if err := a.enter(ctx); err != nil {
		return "", err
	}
	defer a.leave()
	return formatPHC(salt, a.derive([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)), nil
}

func formatPHC(salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		enc.EncodeToString(salt), enc.EncodeToString(key))
}

// Dummy implements Hasher.
func (a *Argon2) Dummy(name string) string {
	salt, key := a.mac("dummy salt", name), a.mac("dummy key", name)
	return formatPHC(salt[:argonSalt], key[:argonKey])
}

// Verify implements Hasher.
func (a *Argon2) Verify(ctx context.Context, phc, password string) (bool, error) {
	proof := a.mac(phc, password)
	if a.remembered(proof) {
		return true, nil
	}
	// Equal attempts at the same moment share one computation. It must not die with the first caller.
	v, err, _ := a.flight.Do(string(proof[:]), func() (any, error) {
		return a.verify(context.WithoutCancel(ctx), phc, password)
	})
	if err != nil {
		return false, err
	}
	return v.(bool), nil
}

func (a *Argon2) verify(ctx context.Context, phc, password string) (bool, error) {
	h, err := parsePHC(phc)
	if err != nil {
		return false, err
	}
	if err := a.enter(ctx); err != nil {
		return false, err
	}
	defer a.leave()
	key := a.derive([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1, nil
}

func (a *Argon2) enter(ctx context.Context) error {
	timer := time.NewTimer(a.cfg.Wait)
	defer timer.Stop()
	select {
	case a.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return &problem.Error{Code: problem.Unavailable, Detail: "Many people are joining at this moment. Try again in a few seconds.", RetryAfter: 2 * time.Second}
	}
}

func (a *Argon2) leave() { <-a.slots }

func (a *Argon2) mac(first, second string) [32]byte {
	m := hmac.New(sha256.New, a.key)
	fmt.Fprintf(m, "%d:%s:%s", len(first), first, second)
	return [32]byte(m.Sum(nil))
}

func (a *Argon2) remembered(proof [32]byte) bool {
	now := a.cfg.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.right[proof]
	return ok && now.Before(until)
}

// Remember implements Hasher.
func (a *Argon2) Remember(phc, password string) {
	proof, now := a.mac(phc, password), a.cfg.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.right) >= rememberMost {
		clear(a.right) // costs one computation per password, and is rare
	}
	a.right[proof] = now.Add(rememberFor)
}

type phcHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

func parsePHC(phc string) (phcHash, error) {
	var h phcHash
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errors.New("the stored password hash is not argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return h, fmt.Errorf("parse the stored password hash: %w", err)
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, fmt.Errorf("parse the stored salt: %w", err)
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) == 0 {
		return h, fmt.Errorf("parse the stored key: %w", err)
	}
	return h, nil
}
