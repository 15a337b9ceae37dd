package disk

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/coopnet/coopnet/shared/blob"
)

func TestBesideAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blobs")
	s := openAt(t, path, nil)
	body := []byte("content")
	if err := s.Put(t.Context(), "a/b", bytes.NewReader(body), object(body)); err != nil {
		t.Fatal(err)
	}
	unfinished := filepath.Join(path, incoming, "1")
	if err := os.WriteFile(unfinished, nil, fileMode); err != nil {
		t.Fatal(err)
	}
	f := Beside(path)
	if o, err := f.Stat(t.Context(), "a/b"); err != nil || o != object(body) {
		t.Errorf("got %v, %v", o, err)
	}
	for range 2 { // a missing one is fine
		if err := f.Delete(t.Context(), "a/b"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Stat(t.Context(), "a/b"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(unfinished); err != nil {
		t.Error("what the other process was receiving is gone")
	}
	if err := Beside(filepath.Join(path, "nowhere")).Delete(t.Context(), "a/b"); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
