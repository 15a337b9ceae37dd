package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

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

// Administered reports an error unless an administrator owns the file and nobody else may change it: everybody may make files
// in ProgramData, and who has made a folder there has rights to what an administrator puts into it.
func Administered(f *os.File) error {
	d, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("read its owner: %w", err)
	}
	owner, _, err := d.Owner()
	if err != nil || owner == nil {
		return errors.New("it has no owner")
	}
	if !administrators(owner) {
		return errors.New("it does not belong to the administrators")
	}
	list, _, err := d.DACL()
	if err != nil || list == nil { // without a list everybody may do everything
		return errors.New("everybody may write it")
	}
	for i := range list.AceCount {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, uint32(i), &entry); err != nil {
			return fmt.Errorf("read who may write it: %w", err)
		}
		who := (*windows.SID)(unsafe.Pointer(&entry.SidStart))
		if entry.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE && entry.Mask&changing != 0 && !administrators(who) {
			return errors.New("others may write it")
		}
	}
	return nil
}

// changing are the rights by which a file can become another one.
const changing = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.DELETE | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_WRITE | windows.GENERIC_ALL

func administrators(who *windows.SID) bool {
	return who.IsWellKnown(windows.WinBuiltinAdministratorsSid) || who.IsWellKnown(windows.WinLocalSystemSid) || who.String() == trustedInstaller
}

// trustedInstaller is the system's own service for what belongs to Windows.
const trustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
