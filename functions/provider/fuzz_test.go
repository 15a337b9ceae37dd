package provider_test

import (
	"testing"

	"github.com/coopnet/coopnet/shared/problem"
)

// FuzzToken: nothing that nobody has signed is a token, and nothing breaks.
func FuzzToken(f *testing.F) {
	for _, s := range []string{"", "..", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJSUzI1NiIsImtpZCI6InIxIn0.e30.AAAA", "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiYiJdfQ.e30.AA"} {
		f.Add(s)
	}
	s := newStub(f)
	p := s.provider(nil)
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := p.Verify(t.Context(), token); problem.From(err).Code != problem.Unauthenticated {
			t.Errorf("%q: %v", token, err)
		}
	})
}
