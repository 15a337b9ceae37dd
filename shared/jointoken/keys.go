package jointoken

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// ErrUnknownKey is returned for a key id that the issuer does not publish.
var ErrUnknownKey = errors.New("unknown key id")

var errNeverRead = errors.New("nobody asked before")

// JWKS is a fixed set of public keys (RFC 7517, RFC 8037). Two live keys make a rotation without a failed join.
type JWKS struct {
	ids  []string // in the order given
	keys map[string]ed25519.PublicKey
}

// NewJWKS publishes the public halves of keys.
func NewJWKS(keys ...Key) JWKS {
	s := JWKS{keys: make(map[string]ed25519.PublicKey, len(keys))}
	for _, k := range keys {
		s.add(k.ID, k.Private.Public().(ed25519.PublicKey))
	}
	return s
}

func (s *JWKS) add(id string, key ed25519.PublicKey) {
	if _, known := s.keys[id]; !known {
		s.ids = append(s.ids, id)
	}
	s.keys[id] = key
}

// Key implements KeySource.
func (s JWKS) Key(_ context.Context, kid string) (ed25519.PublicKey, error) {
	if key, ok := s.keys[kid]; ok {
		return key, nil
	}
	return nil, ErrUnknownKey
}

type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	ID        string `json:"kid"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
}

// MarshalJSON renders the JWKS document.
func (s JWKS) MarshalJSON() ([]byte, error) {
	doc := struct {
		Keys []jwk `json:"keys"`
	}{Keys: make([]jwk, 0, len(s.ids))}
	for _, id := range s.ids {
		doc.Keys = append(doc.Keys, jwk{
			KeyType: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(s.keys[id]), ID: id, Use: "sig", Algorithm: "EdDSA",
		})
	}
	return json.Marshal(doc)
}

// ParseJWKS reads a JWKS document. Keys of other types are passed over: an issuer may publish them for others.
func ParseJWKS(doc []byte) (JWKS, error) {
	var set struct {
		Keys []jwk `json:"keys"`
	}
	if err := json.Unmarshal(doc, &set); err != nil {
		return JWKS{}, fmt.Errorf("parse key set: %w", err)
	}
	s := JWKS{keys: make(map[string]ed25519.PublicKey, len(set.Keys))}
	for _, k := range set.Keys {
		if k.KeyType != "OKP" || k.Curve != "Ed25519" || k.ID == "" {
			continue
		}
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return JWKS{}, fmt.Errorf("parse key set: key %q is not an Ed25519 public key", k.ID)
		}
		s.add(k.ID, x)
	}
	if len(s.ids) == 0 {
		return JWKS{}, errors.New("parse key set: it has no Ed25519 key")
	}
	return s, nil
}

const (
	maxDocument  = 64 << 10         // bytes of a JWKS document
	refreshAge   = 5 * time.Minute  // a set older than this is read again, beside its use
	retryAge     = 10 * time.Second // an unknown key id, or a failed read, asks at most this often
	firstAge     = time.Second      // the same while no key was ever read: nobody can join until then
	fetchTimeout = 1500 * time.Millisecond
)

// Remote is the issuer's key set behind a URL, kept in memory. While the issuer is down the keys last read stay good:
// a database or API outage never ends live media. Whose key is known never waits; whose key is not waits for one read
// that all share, at most fetchTimeout. Close must be called.
type Remote struct {
	url    string
	client *http.Client
	now    func() time.Time
	ctx    context.Context // of the reads: no caller's, so that one who hangs up spoils it for nobody
	stop   context.CancelFunc
	reads  sync.WaitGroup

	mu      sync.Mutex // guards what is below; never held during a read
	set     JWKS
	readAt  time.Time
	triedAt time.Time
	failed  error         // of the last read
	reading chan struct{} // closed when the read under way is over; nil: there is none
	closed  bool
}

// NewRemote reads keys from url with client; nothing is fetched until the first token comes.
func NewRemote(url string, client *http.Client, now func() time.Time) *Remote {
	ctx, stop := context.WithCancel(context.Background())
	return &Remote{url: url, client: client, now: now, ctx: ctx, stop: stop}
}

// Close ends the read that is under way. What is known stays known.
func (r *Remote) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.reads.Wait()
}

// Key implements KeySource.
func (r *Remote) Key(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	key, reading, err := r.lookUp(ctx, kid)
	if err == nil || reading == nil {
		return key, err
	}
	select {
	case <-reading:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known(ctx, kid)
}

// lookUp starts a read where one is due, and returns what says that a read under way is over.
func (r *Remote) lookUp(ctx context.Context, kid string) (ed25519.PublicKey, <-chan struct{}, error) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	key, err := r.known(ctx, kid)
	age := retryAge
	if len(r.set.keys) == 0 {
		age = firstAge
	}
	due := err != nil || now.Sub(r.readAt) > refreshAge
	if due && r.reading == nil && !r.closed && now.Sub(r.triedAt) >= age {
		r.reading, r.triedAt = make(chan struct{}), now
		r.reads.Go(func() { r.read(now) })
	}
	return key, r.reading, err
}

// known tells "the issuer has no such key" from "the issuer's keys were never read". Remote.mu is held.
func (r *Remote) known(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	if len(r.set.keys) == 0 {
		return nil, fmt.Errorf("the issuer's keys could not be read yet (%w)", cmp.Or(r.failed, errNeverRead))
	}
	return r.set.Key(ctx, kid)
}

func (r *Remote) read(now time.Time) {
	set, err := r.fetch()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed = err; err == nil {
		r.set, r.readAt = set, now
	}
	close(r.reading)
	r.reading = nil
}

func (r *Remote) fetch() (JWKS, error) {
	ctx, cancel := context.WithTimeout(r.ctx, fetchTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return JWKS{}, fmt.Errorf("fetch key set: %w", err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return JWKS{}, fmt.Errorf("fetch key set: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return JWKS{}, fmt.Errorf("fetch key set: status %d", resp.StatusCode)
	}
	doc, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return JWKS{}, fmt.Errorf("fetch key set: %w", err)
	}
	return ParseJWKS(doc)
}
