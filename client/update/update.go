// Package update finds out whether there is a newer version of the software, and fetches it: what a known publisher has
// signed, that has not expired, is for this platform, and is newer than what runs. Nothing else is ever started.
package update

import (
	"bytes"
	"context"
	"crypto/ed25519"
	_ "embed" // the publishers' keys are built in
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/release"
)

//go:embed publishers.txt
var builtIn string

const maxAnswer = 64 << 10 // bytes

// Refusals.
var (
	ErrExpired  = errors.New("the release has expired")
	ErrOlder    = errors.New("the release is not newer than this version")
	ErrPlatform = errors.New("the release is for another platform")
)

// Release is one as the catalogue shows it.
type Release struct {
	Version   string `json:"version"`
	Manifest  string `json:"manifest"`
	Signature string `json:"signature"`
	URL       string `json:"url"`

	MinimumVersion string `json:"minimumVersion"` // to join with
}

// Publishers returns the keys that this program was built with.
func Publishers() ([]ed25519.PublicKey, error) { return ParsePublishers(builtIn) }

// ParsePublishers reads one key a line; empty lines and those that begin with # do not count.
func ParsePublishers(text string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := release.ParsePublicKey(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// Ask asks a portal for what is newer than the installed version; nil when nothing is.
func Ask(ctx context.Context, client *http.Client, origin, platform, installed string) (*Release, error) {
	query := url.Values{"platform": {platform}, "version": {installed}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, origin+"/api/v1/software?"+query.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask for a release: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask for a release: %w", err)
	case answer.StatusCode == http.StatusNotFound:
		return nil, nil
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("ask for a release: the portal answers %d", answer.StatusCode)
	}
	var found Release
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&found); err != nil {
		return nil, fmt.Errorf("read the release: %w", err)
	}
	return &found, nil
}

// Check returns the manifest of a release that may be installed in place of the installed version. What the catalogue says
// beside the manifest counts for nothing.
func Check(r Release, keys []ed25519.PublicKey, platform, installed string, now time.Time) (release.Manifest, error) {
	m, err := release.Parse(r.Manifest)
	if err != nil {
		return release.Manifest{}, fmt.Errorf("read the manifest: %w", err)
	}
	signature, err := base64.StdEncoding.DecodeString(r.Signature)
	if err != nil {
		return release.Manifest{}, release.ErrSignature
	}
	if err := release.Verify(keys, m, signature); err != nil {
		return release.Manifest{}, err
	}
	switch {
	case m.Platform != platform:
		return release.Manifest{}, ErrPlatform
	case !now.Before(m.Expires):
		return release.Manifest{}, ErrExpired
	case !release.ValidVersion(installed) || release.Compare(m.Version, installed) <= 0:
		return release.Manifest{}, ErrOlder
	case m.Size > MaxSize:
		return release.Manifest{}, ErrSize
	}
	return m, nil
}
