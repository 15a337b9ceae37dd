package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/functions/identity"
	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/problem"
)

// smallDisk is a file system of 4 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestOthersFillTheDisk: on a disk that really is full, people can be forgotten, new rows are refused without work, and
// everything goes on by itself once there is space.
func TestOthersFillTheDisk(t *testing.T) {
	dir, clock := smallDisk(t), storetest.NewClock()
	db, err := Open(t.Context(), Config{Path: filepath.Join(dir, "coopnet.db"), Ballast: 512 << 10, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := db.Identity()
	save := func(n byte) error {
		i := identity.Identity{Name: strings.Repeat("n", 5000)} // more than a page
		return s.SaveIdentity(t.Context(), [32]byte{n}, i, clock.Now().Add(time.Hour))
	}
	for n := range byte(20) {
		if err := save(n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.write.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	free := storetest.FillDisk(t, dir)
	for n := range byte(5) {
		if err := s.DeleteIdentity(t.Context(), [32]byte{n}); err != nil {
			t.Fatalf("person %d cannot be forgotten: %v", n, err)
		}
	}
	for second := range 5 {
		if err := save(100); problem.From(err).Code != problem.StorageFull {
			t.Fatalf("second %d: %v", second, err)
		}
		if _, err := os.Stat(db.ballastPath()); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("second %d: the ballast was written on a full disk (%v)", second, err)
		}
		clock.Advance(time.Second)
	}
	if _, err := s.Identity(t.Context(), [32]byte{9}); err != nil {
		t.Errorf("reads stop: %v", err)
	}
	free()
	clock.Advance(time.Second)
	if err := save(101); err != nil {
		t.Errorf("there is space again: %v", err)
	}
	if st, err := os.Stat(db.ballastPath()); err != nil || st.Size() != 512<<10 {
		t.Errorf("the ballast is not back: %v", err)
	}
}
