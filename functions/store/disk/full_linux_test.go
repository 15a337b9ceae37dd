package disk

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
)

// On a disk that is full, what does not fit is refused and leaves nothing, what is there can be read and deleted, and
// then there is room again.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	s := openAt(t, filepath.Join(dir, "blobs"), nil)
	body := bytes.Repeat([]byte("x"), 1<<20)
	stored := 0
	for ; ; stored++ {
		err := s.Put(t.Context(), fmt.Sprint("a", stored), bytes.NewReader(body), object(body))
		if problem.From(err).Code == problem.StorageFull {
			break
		}
		if err != nil || stored > 4 {
			t.Fatalf("file %d: %v", stored, err)
		}
	}
	up, err := s.Upload(t.Context(), "b", object(body), time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if answer := get(t, up.Method, up.URL, body); answer.StatusCode != http.StatusInsufficientStorage {
		t.Errorf("an upload: %d", answer.StatusCode)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "blobs", incoming)); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := s.Stat(t.Context(), "a0"); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "a0"); err != nil {
		t.Error(err)
	}
	if answer := get(t, up.Method, up.URL, body); answer.StatusCode != http.StatusCreated {
		t.Errorf("once there is room: %d", answer.StatusCode)
	}
}

// The last of the disk is not for files.
func TestReserve(t *testing.T) {
	s := openAt(t, t.TempDir(), nil)
	have, err := free(s.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	s.cfg.Reserve = have * 2
	body := []byte("x")
	if err := s.Put(t.Context(), "a", bytes.NewReader(body), object(body)); problem.From(err).Code != problem.StorageFull || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
}
