package provider

import (
	"context"
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	metadataAge  = time.Hour
	keysAge      = 10 * time.Minute // a key that the provider has taken back is good for so long
	unknownEvery = 10 * time.Second // an unknown key id asks the provider at most this often
	maxKeys      = 100
	minRSA       = 2048 // bits
)

// algorithms are those whose keys can be published. Neither "none" nor HMAC, for which a public key would be the secret.
func algorithms() []string {
	return []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}
}

func joseAlgorithms() []jose.SignatureAlgorithm {
	var all []jose.SignatureAlgorithm
	for _, a := range algorithms() {
		all = append(all, jose.SignatureAlgorithm(a))
	}
	return all
}

// metadata is what the discovery document says.
type metadata struct {
	*oidc.Provider
	Keys        string   `json:"jwks_uri"`
	AnswersIss  bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
}

// discover reads the discovery document; its issuer must be ours to the letter.
func (p *Provider) discover(ctx context.Context) (*metadata, error) {
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	if err != nil {
		text := err.Error() // may have the whole answer in it
		return nil, fmt.Errorf("read the discovery document: %s", text[:min(len(text), 300)])
	}
	m := &metadata{Provider: found}
	if err := found.Claims(m); err != nil {
		return nil, fmt.Errorf("read the discovery document: %w", err)
	}
	endpoint := found.Endpoint()
	for _, address := range []string{m.Keys, endpoint.AuthURL, endpoint.TokenURL, found.UserInfoEndpoint()} {
		if u, err := url.Parse(address); address != "" && (err != nil || !secure(u)) {
			return nil, fmt.Errorf("the discovery document names %q, which is not HTTPS", address)
		}
	}
	if m.Keys == "" {
		return nil, errors.New("the discovery document names no keys")
	}
	return m, nil
}

// keySet is the provider's public keys that we use.
type keySet []jose.JSONWebKey

func (p *Provider) fetchKeys(ctx context.Context) (keySet, error) {
	m, err := p.metadata.get(ctx, metadataAge, true)
	if m == nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Keys, nil)
	if err != nil {
		return nil, fmt.Errorf("read the provider's keys: %w", err)
	}
	resp, err := p.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the provider's keys: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the provider's keys: %s", resp.Status)
	}
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return nil, fmt.Errorf("read the provider's keys: %w", err)
	}
	set := usable(document.Keys)
	if len(set) == 0 {
		return nil, errors.New("read the provider's keys: there is none that we can use")
	}
	return set, nil
}

// usable picks the keys for signatures. One that we do not understand hinders no other.
func usable(documents []json.RawMessage) keySet {
	var set keySet
	for _, document := range documents[:min(len(documents), maxKeys)] {
		var key jose.JSONWebKey
		if err := json.Unmarshal(document, &key); err != nil || !key.Valid() || !key.IsPublic() || key.Use != "" && key.Use != "sig" {
			continue
		}
		if weak, ok := key.Key.(*rsa.PublicKey); ok && weak.N.BitLen() < minRSA {
			continue
		}
		set = append(set, key)
	}
	return set
}

// named returns the keys with the id that may have made a signature with the algorithm. A token without an id is for a
// provider that has one key.
func (s keySet) named(id, algorithm string) []crypto.PublicKey {
	var keys []crypto.PublicKey
	for _, k := range s {
		fits := k.KeyID == id || id == "" && len(s) == 1
		if fits && (k.Algorithm == "" || k.Algorithm == algorithm) && slices.Contains(algorithms(), algorithm) {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

// errUnknownKey is a token that none of the provider's keys has signed.
var errUnknownKey = errors.New("no key of the provider has this id")

// key finds the keys of a token's header. An unknown id may be a new key: the provider is asked, now and then.
func (p *Provider) key(ctx context.Context, id, algorithm string) ([]crypto.PublicKey, error) {
	known, _ := p.keys.get(ctx, keysAge, true)
	if keys := known.named(id, algorithm); len(keys) > 0 {
		return keys, nil
	}
	known, err := p.keys.get(ctx, unknownEvery, false)
	if keys := known.named(id, algorithm); len(keys) > 0 {
		return keys, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	return nil, errUnknownKey
}
