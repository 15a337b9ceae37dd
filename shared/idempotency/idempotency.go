// Package idempotency lets a client repeat a POST: the header Idempotency-Key names it, and the same request is done once,
// however often and however parallel it comes, and is answered the same for a day.
//
// The first request stores a claim with a random seed. Everything random that the call makes (ids, passwords, codes) comes
// from that seed. So a request that was cut off anywhere, by a kill too, is simply done again: it makes the same id, and
// finds what exists. At the end the answer is stored with the claim, and from then on the call is not even tried. Seed
// and answer are sealed: they have passwords.
package idempotency

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/singleflight"
)

// Life is how long a key is known.
const Life = 24 * time.Hour

const (
	header   = "Idempotency-Key"
	maxKey   = 255
	seedSize = 32
)

// Errors of Serve. Any other error is the handler's or a fault.
var (
	ErrKey    = errors.New("the header Idempotency-Key is not one key of 1 to 255 visible characters")
	ErrReused = errors.New("the Idempotency-Key was used for another request")
)

// ErrGone is the store's answer when there is no claim any more.
var ErrGone = errors.New("no such claim")

// Claim is a key in use.
type Claim struct {
	ID        string   // made of the actor and the key
	Request   [32]byte // what was asked
	Seed      string   // sealed
	Answer    string   // sealed; "" while there is none
	ExpiresAt time.Time
}

// Store keeps claims. What has expired is as if it had never been.
type Store interface {
	// Claim stores c when there is no live claim with its ID, and returns the one that is there then.
	Claim(ctx context.Context, c Claim) (have Claim, made bool, err error)
	// Answer stores the answer when there is none, and returns the one that is there then. ErrGone.
	Answer(ctx context.Context, id, sealed string) (string, error)
	// Release forgets a claim that has no answer. Anything else is left as it is.
	Release(ctx context.Context, id string) error
}

// Sealer encrypts for the control plane itself. The purpose is authenticated.
type Sealer interface {
	Seal(ctx context.Context, purpose string, plain []byte) (string, error)
	Open(ctx context.Context, purpose, sealed string) ([]byte, error)
}

// Config is what a Keeper needs.
type Config struct {
	Store   Store
	Sealer  Sealer
	Refused func(err error) bool // a handler's error that says for sure that nothing was done
	Now     func() time.Time     // nil is time.Now
	Rand    io.Reader            // nil is crypto/rand
}

// Keeper keeps the keys.
type Keeper struct {
	cfg    Config
	flight singleflight.Group
}

// New checks the configuration.
func New(cfg Config) (*Keeper, error) {
	if cfg.Store == nil || cfg.Sealer == nil || cfg.Refused == nil {
		return nil, errors.New("idempotency: a required field of Config is missing")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	return &Keeper{cfg: cfg}, nil
}

// Handler does a call. It must take everything random from random, and find what the same bytes have made before.
type Handler func(w http.ResponseWriter, r *http.Request, random io.Reader) error

// Serve does a request of an actor, or answers as it was answered before. A request without a key is simply done.
// The body must be bounded.
func (k *Keeper) Serve(w http.ResponseWriter, r *http.Request, actor string, h Handler) error {
	keys := r.Header.Values(header)
	if len(keys) == 0 {
		return h(w, r, k.cfg.Rand)
	}
	if len(keys) > 1 || !valid(keys[0]) {
		return ErrKey
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	c := call{
		id:      base64.RawURLEncoding.EncodeToString(digest(actor, keys[0])),
		request: [32]byte(digest(r.Method, r.URL.Path, string(body))),
		body:    body,
	}
	// Equal requests at the same moment share one run. It must not die with the first caller, but has the time of that one.
	v, err, _ := k.flight.Do(c.id+string(c.request[:]), func() (any, error) {
		ctx := context.WithoutCancel(r.Context())
		if end, ok := r.Context().Deadline(); ok {
			limited, cancel := context.WithDeadline(ctx, end)
			defer cancel()
			ctx = limited
		}
		return k.once(r.WithContext(ctx), c, h)
	})
	if err != nil {
		return err
	}
	v.(*answer).write(w)
	return nil
}

func valid(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// digest hashes parts so that no two lists of parts look the same.
func digest(parts ...string) []byte {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}

// call is a request with a key.
type call struct {
	id      string
	request [32]byte
	body    []byte
}

func (c call) purpose(what string) string { return "idempotency-" + what + ":" + c.id }

func (k *Keeper) once(r *http.Request, c call, h Handler) (*answer, error) {
	ctx := r.Context()
	claim, made, err := k.claim(ctx, c)
	if err != nil {
		return nil, err
	}
	if claim.Request != c.request {
		return nil, ErrReused
	}
	if claim.Answer != "" {
		return k.open(ctx, c, claim.Answer)
	}
	random, err := k.random(ctx, c, claim)
	if err != nil {
		return nil, err
	}
	a := newAnswer()
	if err := h(a, repeat(r, c.body), random); err != nil {
		// Who was refused may put it right under the same key. When a run before this one was cut off, nobody knows what
		// it has done: the claim stays.
		if made && k.cfg.Refused(err) {
			err = errors.Join(err, k.cfg.Store.Release(ctx, c.id))
		}
		return nil, err
	}
	return k.settle(ctx, c, a)
}

func (k *Keeper) claim(ctx context.Context, c call) (Claim, bool, error) {
	seed := make([]byte, seedSize)
	if _, err := io.ReadFull(k.cfg.Rand, seed); err != nil {
		return Claim{}, false, fmt.Errorf("read random bytes: %w", err)
	}
	sealed, err := k.cfg.Sealer.Seal(ctx, c.purpose("seed"), seed)
	if err != nil {
		return Claim{}, false, fmt.Errorf("seal seed: %w", err)
	}
	claim, made, err := k.cfg.Store.Claim(ctx, Claim{
		ID: c.id, Request: c.request, Seed: sealed, ExpiresAt: k.cfg.Now().Add(Life).UTC().Truncate(time.Millisecond),
	})
	if err != nil {
		return Claim{}, false, fmt.Errorf("claim the idempotency key: %w", err)
	}
	return claim, made, nil
}

// random is the stream of a claim's seed: always the same, and nobody else's.
func (k *Keeper) random(ctx context.Context, c call, claim Claim) (io.Reader, error) {
	seed, err := k.cfg.Sealer.Open(ctx, c.purpose("seed"), claim.Seed)
	if err != nil {
		return nil, fmt.Errorf("open seed: %w", err)
	}
	block, err := aes.NewCipher(seed)
	if err != nil {
		return nil, fmt.Errorf("use seed: %w", err)
	}
	return cipher.StreamReader{S: cipher.NewCTR(block, make([]byte, aes.BlockSize)), R: zeros{}}, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// settle stores the answer, or returns the one that another run has stored before.
func (k *Keeper) settle(ctx context.Context, c call, a *answer) (*answer, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	sealed, err := k.cfg.Sealer.Seal(ctx, c.purpose("answer"), text)
	if err != nil {
		return nil, fmt.Errorf("seal answer: %w", err)
	}
	stored, err := k.cfg.Store.Answer(ctx, c.id, sealed)
	switch {
	case errors.Is(err, ErrGone), err == nil && stored == sealed:
		return a, nil
	case err != nil:
		return nil, fmt.Errorf("store answer: %w", err)
	}
	return k.open(ctx, c, stored)
}

func (k *Keeper) open(ctx context.Context, c call, sealed string) (*answer, error) {
	text, err := k.cfg.Sealer.Open(ctx, c.purpose("answer"), sealed)
	if err != nil {
		return nil, fmt.Errorf("open answer: %w", err)
	}
	a := newAnswer()
	if err := json.Unmarshal(text, a); err != nil {
		return nil, fmt.Errorf("decode answer: %w", err)
	}
	return a, nil
}
