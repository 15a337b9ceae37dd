// Package opaque makes ids that mean nothing to who reads them.
package opaque

import (
	"encoding/base32"
	"fmt"
	"io"
	"strings"
)

// Text is b without characters that a shell, a URL or a flag parser would notice: base32 of RFC 4648 section 6 in lower
// case, without padding.
func Text(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// Random is the Text of n random bytes.
func Random(random io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	return Text(b), nil
}
