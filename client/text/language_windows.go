package text

import (
	"os"

	"golang.org/x/sys/windows"
)

// Language is that of the person at the desktop.
func Language() string {
	id, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetUserDefaultUILanguage").Call()
	const primary, french = 0x3ff, 0x0c // the other ten bits say which French
	if id != 0 && id&primary == french {
		return "fr"
	}
	if id != 0 {
		return "en"
	}
	return FromEnvironment(os.Getenv)
}
