package launch

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"
)

// TestAdministered: who may write a file decides, not only whose it is.
func TestAdministered(t *testing.T) {
	check := func(sddl string) error {
		t.Helper()
		path := filepath.Join(t.TempDir(), "policy.json")
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := windows.SecurityDescriptorFromString(sddl)
		if err != nil {
			t.Skip(err)
		}
		list, _, err := d.DACL()
		if err != nil {
			t.Fatal(err)
		}
		owner, _, err := d.Owner()
		if err != nil {
			t.Fatal(err)
		}
		if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, owner, nil, list, nil); err != nil {
			t.Skip(err) // not an administrator
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d, err = windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION)
		if err != nil {
			t.Fatal(err)
		}
		if kept, _, err := d.Owner(); err != nil || !kept.Equals(owner) {
			t.Skip("this file system keeps no owners, as that of Wine")
		}
		return Administered(f)
	}
	if err := check("O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FR;;;WD)"); err != nil {
		t.Errorf("the administrators': %v", err)
	}
	if check("O:BAD:P(A;;FA;;;BA)(A;;FA;;;WD)") == nil {
		t.Error("everybody may write it")
	}
}
