//go:build unix

package launch

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOwnedBy(t *testing.T) {
	me := uint32(os.Getuid())
	path := filepath.Join(t.TempDir(), "policy.json")
	check := func(mode os.FileMode, owner uint32) error {
		t.Helper()
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return ownedBy(f, owner)
	}
	if err := check(0o644, me); err != nil {
		t.Errorf("the owner's: %v", err)
	}
	if check(0o644, me+1) == nil {
		t.Error("somebody else's is trusted")
	}
	if check(0o664, me) == nil || check(0o646, me) == nil {
		t.Error("a file that others may write is trusted")
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if ownedBy(folder, me) == nil {
		t.Error("a folder is trusted")
	}
}
