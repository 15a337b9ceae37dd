package app

import (
	"errors"

	"github.com/coopnet/coopnet/client/capture"
)

// unseen is what to say when the software has no windows: whoever clicked in a browser sees no terminal.
func (a *app) unseen(err error) string {
	reason := capture.NoDisplay
	var unsupported *capture.Unsupported
	if errors.As(err, &unsupported) {
		reason = unsupported.Reason
	}
	return a.said.Unsupported[string(reason)]
}
