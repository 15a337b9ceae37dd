package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// PolicyPath is where the administrator's policy lies.
func PolicyPath() string {
	// Asked of the system: an environment variable is the user's.
	folder, err := windows.KnownFolderPath(windows.FOLDERID_ProgramData, 0)
	if err != nil {
		folder = `C:\ProgramData`
	}
	return filepath.Join(folder, "Coopnet", "policy.json")
}

// Administered reports an error unless an administrator owns the file: everybody may make files in ProgramData.
func Administered(f *os.File) error {
	d, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("read its owner: %w", err)
	}
	owner, _, err := d.Owner()
	if err != nil || owner == nil {
		return errors.New("it has no owner")
	}
	if !owner.IsWellKnown(windows.WinBuiltinAdministratorsSid) && !owner.IsWellKnown(windows.WinLocalSystemSid) {
		return errors.New("it does not belong to the administrators")
	}
	return nil
}
