// Package darwin says that the desktop of macOS cannot be captured yet.
package darwin

import (
	"errors"

	"github.com/coopnet/coopnet/client/capture"
)

// Open says why there is nothing to open.
func Open() (capture.System, error) {
	return nil, &capture.Unsupported{Reason: capture.MacOS, Err: errors.New("capture of macOS is not made yet: share from the browser")}
}
