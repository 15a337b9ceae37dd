//go:build !linux && !windows

package app

import (
	"errors"

	"github.com/coopnet/coopnet/client/capture"
	"github.com/coopnet/coopnet/client/text"
)

// Platform is the desktop that the software runs on; there is none here yet.
type Platform struct {
	Windows Windows
	Desktop Desktop
}

// OpenPlatform says that there is none.
func OpenPlatform(text.Words) (*Platform, error) {
	return nil, &capture.Unsupported{Reason: capture.MacOS, Err: errors.New("the software has no windows for this system yet")}
}

// Close does nothing.
func (p *Platform) Close() error { return nil }
