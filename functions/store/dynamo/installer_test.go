package dynamo_test

import (
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/installer"
	"github.com/coopnet/coopnet/functions/store/dynamo/dynamotest"
	"github.com/coopnet/coopnet/functions/store/storetest"
)

func TestInstaller(t *testing.T) {
	e := dynamotest.Start(t)
	storetest.TestInstaller(t, func(t *testing.T, now func() time.Time) installer.Store { return open(t, e, now).Installer() })
}
