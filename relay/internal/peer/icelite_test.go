package peer

import (
	"bytes"
	"testing"

	"github.com/pion/stun"
)

// TestACheckTouchesNothingBehindIt: over TCP the next frame lies there.
func TestACheckTouchesNothingBehindIt(t *testing.T) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername("ours:theirs"), stun.NewShortTermIntegrity("password"), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	behind := bytes.Repeat([]byte{7}, 64)
	read := append(bytes.Clone(m.Raw), behind...)
	c, ok := parseCheck(read[:len(m.Raw)])
	if !ok || !c.knows("password") || c.knows("another") {
		t.Error("a good check is refused, or a bad one is taken")
	}
	if !bytes.Equal(read[:len(m.Raw)], m.Raw) || !bytes.Equal(read[len(m.Raw):], behind) {
		t.Error("the buffer has changed")
	}
}
