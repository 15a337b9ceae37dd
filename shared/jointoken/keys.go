package jointoken

import (
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
	maxDocument = 64 << 10         // bytes of a JWKS document
	refreshAge  = 5 * time.Minute  // a set older than this is read again before the next use
	retryAge    = 10 * time.Second // an unknown key id, or a failed read, asks at most this often
)

// Remote is the issuer's key set behind a URL, kept in memory. While the issuer is down the keys last read stay good:
// a database or API outage never ends live media.
type Remote struct {
	url    string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex // held during a read, so that a burst of joins asks once
	set     JWKS
	readAt  time.Time
	triedAt time.Time
}

// NewRemote reads keys from url with client; nothing is fetched until the first token comes.
func NewRemote(url string, client *http.Client, now func() time.Time) *Remote {
	return &Remote{url: url, client: client, now: now}
}

// Key implements KeySource.
func (r *Remote) Key(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	key, err := r.set.Key(ctx, kid)
	stale := now.Sub(r.readAt) > refreshAge
	if (err == nil && !stale) || now.Sub(r.triedAt) < retryAge {
		return r.known(key, err)
	}
	r.triedAt = now
	set, fetchErr := r.fetch(ctx)
	if fetchErr != nil {
		if len(r.set.keys) == 0 {
			return nil, fetchErr
		}
		return r.known(key, err)
	}
	r.set, r.readAt = set, now
	return r.set.Key(ctx, kid)
}

// known tells "the issuer has no such key" from "the issuer's keys were never read".
func (r *Remote) known(key ed25519.PublicKey, err error) (ed25519.PublicKey, error) {
	if err != nil && len(r.set.keys) == 0 {
		return nil, errors.New("the issuer's keys could not be read yet")
	}
	return key, err
}

func (r *Remote) fetch(ctx context.Context) (JWKS, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
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
