package packaging_test

import (
	"testing"

	"github.com/coopnet/coopnet/client/launch"
	"github.com/coopnet/coopnet/client/update"
)

// TestBuiltIn is what packaging/package asks about the lists that it builds in.
func TestBuiltIn(t *testing.T) {
	if _, err := launch.BuiltIn(); err != nil {
		t.Errorf("ORIGINS: %v", err)
	}
	if _, err := update.Publishers(); err != nil {
		t.Errorf("PUBLISHERS: %v", err)
	}
}
