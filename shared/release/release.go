// Package release has what publisher, server and software must understand alike about a release of the software: the
// order of versions, and the manifest that the publisher signs.
//
// The manifest is a text of lines, each "name: value" and a line feed, in this order and with nothing else:
//
//	coopnet-release-v1
//	platform: windows-amd64
//	version: 1.4.0
//	minimum-version: 1.2.0
//	filename: coopnet-1.4.0-windows-amd64.exe
//	size: 11534336
//	sha256: 64 hexadecimal digits, lower case
//	expires: 2027-01-01T00:00:00Z
//
// The signature is Ed25519 over exactly these bytes. Who installs checks it with the keys that came with the program,
// refuses what has expired and what is not newer, and compares size and checksum of the file.
package release

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const header = "coopnet-release-v1"

// Manifest is what the publisher vouches for.
type Manifest struct {
	Platform       string    `json:"platform"` // as windows-amd64
	Version        string    `json:"version"`
	MinimumVersion string    `json:"minimumVersion"` // who has less must install this before joining
	Filename       string    `json:"filename"`
	Size           int64     `json:"size"`
	SHA256         [32]byte  `json:"sha256"`
	Expires        time.Time `json:"expires"` // after that nobody should install it, or believe that it is the newest
}

var (
	platforms = regexp.MustCompile(`^[a-z0-9]{1,20}-[a-z0-9]{1,20}$`)
	filenames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
)

// ErrSignature is a manifest that no known publisher has signed.
var ErrSignature = errors.New("no known publisher has signed this")

// ValidPlatform reports whether s names a platform.
func ValidPlatform(s string) bool { return platforms.MatchString(s) }

// ValidFilename reports whether s is a name that no system reads as a path.
func ValidFilename(s string) bool { return filenames.MatchString(s) }

// Text is what is signed.
func (m Manifest) Text() string {
	return header + "\n" +
		"platform: " + m.Platform + "\n" +
		"version: " + m.Version + "\n" +
		"minimum-version: " + m.MinimumVersion + "\n" +
		"filename: " + m.Filename + "\n" +
		"size: " + strconv.FormatInt(m.Size, 10) + "\n" +
		"sha256: " + hex.EncodeToString(m.SHA256[:]) + "\n" +
		"expires: " + m.Expires.UTC().Format(time.RFC3339) + "\n"
}

// Parse reads a manifest: exactly what Text writes, and nothing that could be read in two ways.
func Parse(text string) (Manifest, error) {
	names := []string{"platform", "version", "minimum-version", "filename", "size", "sha256", "expires"}
	lines := strings.Split(text, "\n")
	if len(lines) != len(names)+2 || lines[0] != header || lines[len(lines)-1] != "" {
		return Manifest{}, errors.New("not a manifest")
	}
	values := make(map[string]string)
	for i, name := range names {
		value, ok := strings.CutPrefix(lines[i+1], name+": ")
		if !ok {
			return Manifest{}, fmt.Errorf("not a manifest: line %d is not %s", i+2, name)
		}
		values[name] = value
	}
	size, err := strconv.ParseInt(values["size"], 10, 64)
	if err != nil {
		return Manifest{}, errors.New("not a manifest: its size is no number")
	}
	sum, err := hex.DecodeString(values["sha256"])
	if err != nil || len(sum) != sha256.Size {
		return Manifest{}, errors.New("not a manifest: its checksum is none")
	}
	expires, err := time.Parse(time.RFC3339, values["expires"])
	if err != nil {
		return Manifest{}, errors.New("not a manifest: its expiry is no time")
	}
	m := Manifest{Platform: values["platform"], Version: values["version"], MinimumVersion: values["minimum-version"],
		Filename: values["filename"], Size: size, SHA256: [32]byte(sum), Expires: expires.UTC()}
	if err := m.Validate(); err != nil {
		return Manifest{}, err
	}
	if m.Text() != text {
		return Manifest{}, errors.New("not a manifest: it is written in another way")
	}
	return m, nil
}

// Validate says what is wrong with a manifest.
func (m Manifest) Validate() error {
	switch {
	case !ValidPlatform(m.Platform):
		return errors.New("the platform is not such as windows-amd64")
	case !ValidVersion(m.Version):
		return errors.New("the version is not such as 1.4.0")
	case !ValidVersion(m.MinimumVersion) || Compare(m.MinimumVersion, m.Version) > 0:
		return errors.New("the minimum version is none, or above the version")
	case !ValidFilename(m.Filename):
		return errors.New("the filename has other signs than letters, digits, dots, hyphens and underscores")
	case m.Size < 1:
		return errors.New("the size is not positive")
	}
	return nil
}

// Sign signs a manifest.
func Sign(key ed25519.PrivateKey, m Manifest) []byte { return ed25519.Sign(key, []byte(m.Text())) }

// Verify reports ErrSignature when none of the keys has signed the manifest. Whether it has expired is another question.
func Verify(keys []ed25519.PublicKey, m Manifest, signature []byte) error {
	for _, key := range keys {
		if len(key) == ed25519.PublicKeySize && ed25519.Verify(key, []byte(m.Text()), signature) {
			return nil
		}
	}
	return ErrSignature
}

// EncodePublicKey writes a public key on one line.
func EncodePublicKey(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ParsePublicKey reads what EncodePublicKey writes.
func ParsePublicKey(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errors.New("not a publisher's public key: that is 32 bytes in base64")
	}
	return b, nil
}

// EncodePrivateKey writes a private key as PEM (PKCS #8), as other tools do.
func EncodePrivateKey(key ed25519.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ParsePrivateKey reads a PEM file of Ed25519 (PKCS #8), such as `openssl genpkey -algorithm ed25519` makes.
func ParsePrivateKey(text []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not a private key in PEM")
	}
	any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a private key in PEM (PKCS #8)")
	}
	key, ok := any.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an Ed25519 key")
	}
	return key, nil
}
