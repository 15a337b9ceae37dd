package sqlite

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestInstaller(t *testing.T) {
	storetest.TestInstaller(t, func(t *testing.T, now func() time.Time) installer.Store { return openNew(t, now).Installer() })
}
