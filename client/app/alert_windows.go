package app

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"
)

// alert says something in a box of the system's own.
func alert(_ context.Context, message string) error {
	text, err := windows.UTF16PtrFromString(message)
	if err != nil {
		return fmt.Errorf("say it: %w", err)
	}
	title, err := windows.UTF16PtrFromString("Coopnet")
	if err != nil {
		return fmt.Errorf("say it: %w", err)
	}
	if _, err := windows.MessageBox(0, text, title, windows.MB_OK|windows.MB_ICONERROR|windows.MB_SETFOREGROUND); err != nil {
		return fmt.Errorf("say it: %w", err)
	}
	return nil
}
