package conference

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/idempotency"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/sealed"
)

// Keys are the control plane's own keys.
type Keys interface {
	// Signing returns the key that signs join tokens now.
	Signing(ctx context.Context) (jointoken.Key, error)
	// JWKS returns every public key whose tokens may still be alive, or will sign soon.
	JWKS(ctx context.Context) (jointoken.JWKS, error)
	// Sealing returns the cookie key with that id, or the current one for "". ErrNotFound for an unknown id.
	Sealing(ctx context.Context, id string) (Secret, error)
}

var (
	_ Keys                = (*KeyRing)(nil)
	_ jointoken.KeySource = (*KeyRing)(nil)
)

const (
	kindSigning = "signing" // join tokens
	kindSealing = "sealing" // admissions
	kindSession = "session" // of colleagues who have signed in

	ringAge   = time.Minute     // keys are read again after that
	ringRetry = 5 * time.Second // an unknown id asks the store at most this often
	jwksAge   = time.Minute     // caches may keep the published set for so long

	// settleTime is how long a new key waits before it is used. In that time every process has read it (ringAge), every
	// cache of the published set has let the old one go (jwksAge), and a relay that meets it has asked again, though
	// their clocks differ by 30 s.
	settleTime = 3 * time.Minute
)

func kinds() []string { return []string{kindSigning, kindSealing, kindSession} }

// afterlife is how long what a key has made stays good once the next one is used: a process may use it for another
// ringAge, and what was made last then lives its whole life.
func afterlife(kind string) time.Duration {
	if kind == kindSigning {
		return ringAge + jointoken.MaxLifetime + jointoken.Leeway
	}
	return ringAge + max(admissionLife, idempotency.Life) // sessions are shorter
}

// KeysConfig is what a KeyRing needs.
type KeysConfig struct {
	Store Secrets
	Now   func() time.Time
	Rand  io.Reader
}

// KeyRing holds the keys of each kind that are alive, and follows rotations of other processes. What was read last
// stays good while the store is down.
type KeyRing struct {
	cfg KeysConfig

	mu     sync.Mutex
	read   map[string][]Secret // by kind, the newest first
	readAt time.Time
}

// OpenKeys loads the keys, and creates them the first time.
func OpenKeys(ctx context.Context, cfg KeysConfig) (*KeyRing, error) {
	if cfg.Store == nil {
		return nil, errors.New("conference: KeysConfig.Store is missing")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	k := &KeyRing{cfg: cfg}
	for _, kind := range kinds() {
		have, err := cfg.Store.Secrets(ctx, kind)
		if err != nil {
			return nil, fmt.Errorf("read %s keys: %w", kind, err)
		}
		if len(have) == 0 {
			// ErrConflict: another process was first, and its key serves both.
			if err := k.create(ctx, kind, ""); err != nil && !errors.Is(err, ErrConflict) {
				return nil, err
			}
		}
	}
	return k, k.load(ctx)
}

func (k *KeyRing) create(ctx context.Context, kind, previous string) error {
	s := Secret{Kind: kind, Value: make([]byte, 32), CreatedAt: k.cfg.Now().UTC()}
	if _, err := io.ReadFull(k.cfg.Rand, s.Value); err != nil {
		return fmt.Errorf("read random bytes: %w", err)
	}
	if kind == kindSigning {
		key, err := jointoken.KeyFromSeed(s.Value)
		if err != nil {
			return err
		}
		s.ID = key.ID
	} else {
		id, err := newID(k.cfg.Rand)
		if err != nil {
			return err
		}
		s.ID = id
	}
	if err := k.cfg.Store.CreateSecret(ctx, s, previous); err != nil {
		return fmt.Errorf("store %s key: %w", kind, err)
	}
	return nil
}

func (k *KeyRing) load(ctx context.Context) error {
	read := make(map[string][]Secret, len(kinds()))
	for _, kind := range kinds() {
		secrets, err := k.cfg.Store.Secrets(ctx, kind)
		if err != nil {
			return fmt.Errorf("read %s keys: %w", kind, err)
		}
		if len(secrets) == 0 {
			return fmt.Errorf("read %s keys: there is none", kind)
		}
		read[kind] = secrets
	}
	now := k.cfg.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.read, k.readAt = read, now
	return nil
}

// secrets returns a kind's keys that are alive, read again when they are older than age.
func (k *KeyRing) secrets(ctx context.Context, kind string, age time.Duration) ([]Secret, error) {
	now := k.cfg.Now()
	k.mu.Lock()
	have, fresh := k.read[kind], now.Sub(k.readAt) < age
	k.mu.Unlock()
	if !fresh {
		if err := k.load(ctx); err != nil && len(have) == 0 {
			return nil, err
		}
		k.mu.Lock()
		have = k.read[kind]
		k.mu.Unlock()
	}
	return have[:living(have, now)], nil
}

// living counts the keys that are alive: all but those whose successor has been in use for long enough.
func living(secrets []Secret, now time.Time) int {
	for i := 1; i < len(secrets); i++ {
		if !now.Before(secrets[i-1].CreatedAt.Add(settleTime + afterlife(secrets[i].Kind))) {
			return i
		}
	}
	return len(secrets)
}

// current is the newest key that has settled, or the first of all.
func current(secrets []Secret, now time.Time) Secret {
	for _, s := range secrets {
		if !now.Before(s.CreatedAt.Add(settleTime)) {
			return s
		}
	}
	return secrets[len(secrets)-1]
}

// Rotate makes new keys and returns when they will be used. The former ones stay good for what they have made: join
// tokens for minutes, admissions for twelve hours; then they are dead, and the next rotation deletes them.
func (k *KeyRing) Rotate(ctx context.Context) (from time.Time, err error) {
	for _, kind := range kinds() {
		have, err := k.cfg.Store.Secrets(ctx, kind)
		if err != nil {
			return from, fmt.Errorf("read %s keys: %w", kind, err)
		}
		previous := ""
		if len(have) > 0 {
			previous = have[0].ID
		}
		if err := k.create(ctx, kind, previous); err != nil {
			return from, err
		}
		from = k.cfg.Now().Add(settleTime)
		for _, old := range have[living(have, k.cfg.Now()):] {
			if err := k.cfg.Store.DeleteSecret(ctx, kind, old.ID); err != nil {
				return from, fmt.Errorf("delete old %s key: %w", kind, err)
			}
		}
	}
	return from, k.load(ctx)
}

// Signing implements Keys.
func (k *KeyRing) Signing(ctx context.Context) (jointoken.Key, error) {
	secrets, err := k.secrets(ctx, kindSigning, ringAge)
	if err != nil {
		return jointoken.Key{}, err
	}
	return jointoken.KeyFromSeed(current(secrets, k.cfg.Now()).Value)
}

// JWKS implements Keys.
func (k *KeyRing) JWKS(ctx context.Context) (jointoken.JWKS, error) { return k.jwks(ctx, ringAge) }

func (k *KeyRing) jwks(ctx context.Context, age time.Duration) (jointoken.JWKS, error) {
	secrets, err := k.secrets(ctx, kindSigning, age)
	if err != nil {
		return jointoken.JWKS{}, err
	}
	keys := make([]jointoken.Key, 0, len(secrets))
	for _, s := range secrets {
		key, err := jointoken.KeyFromSeed(s.Value)
		if err != nil {
			return jointoken.JWKS{}, err
		}
		keys = append(keys, key)
	}
	return jointoken.NewJWKS(keys...), nil
}

// Key implements jointoken.KeySource, for a verifier in the same process.
func (k *KeyRing) Key(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	for _, age := range []time.Duration{ringAge, ringRetry} { // unknown at first: perhaps another process has rotated
		set, err := k.jwks(ctx, age)
		if err != nil {
			return nil, err
		}
		if key, err := set.Key(ctx, kid); err == nil {
			return key, nil
		}
	}
	return nil, jointoken.ErrUnknownKey
}

// Sealing implements Keys.
func (k *KeyRing) Sealing(ctx context.Context, id string) (Secret, error) {
	return k.byID(ctx, kindSealing, id)
}

// Session returns the key of sessions with that id, or the current one for "". It is for sealed.Box.
func (k *KeyRing) Session(ctx context.Context, id string) (sealed.Key, error) {
	s, err := k.byID(ctx, kindSession, id)
	if errors.Is(err, ErrNotFound) {
		err = sealed.ErrUnknownKey
	}
	return sealed.Key{ID: s.ID, Value: s.Value}, err
}

func (k *KeyRing) byID(ctx context.Context, kind, id string) (Secret, error) {
	for _, age := range []time.Duration{ringAge, ringRetry} {
		secrets, err := k.secrets(ctx, kind, age)
		if err != nil {
			return Secret{}, err
		}
		if id == "" {
			return current(secrets, k.cfg.Now()), nil
		}
		for _, s := range secrets {
			if s.ID == id {
				return s, nil
			}
		}
	}
	return Secret{}, ErrNotFound
}
