//go:build !windows

package text

import "os"

// Language is that of the person at the desktop.
func Language() string { return FromEnvironment(os.Getenv) }
