package portaltest

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// Conference is the one that a join token is for. Nothing is verified.
func Conference(t *testing.T, token string) string {
	t.Helper()
	return Claims(t, token)["conference"].(string)
}

// Claims is what a join token says. Nothing is verified.
func Claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a token: %s", token)
	}
	var claims object
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}
