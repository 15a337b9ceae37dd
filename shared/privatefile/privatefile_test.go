package privatefile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWrite(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "secret")
	if err := os.WriteFile(path, []byte("an old and longer text"), 0o644); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != "new" {
		t.Errorf("%q, %v", have, err)
	}
	if state, err := os.Stat(path); err != nil || state.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", state.Mode(), err)
	}
	// Who had it open keeps the old content: it was replaced and not overwritten.
	if state, err := old.Stat(); err != nil || state.Size() != int64(len("an old and longer text")) {
		t.Errorf("the old file was changed: %v, %v", state, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestWriteSaysWhy(t *testing.T) {
	folder := t.TempDir()
	err := Write(filepath.Join(folder, "missing", "secret"), nil)
	if !errors.Is(err, syscall.ENOENT) || err.Error() != filepath.Join(folder, "missing", "secret")+" cannot be written (no such file or directory)" {
		t.Errorf("%v", err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "taken", "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	err = Write(filepath.Join(folder, "taken"), nil)
	if err == nil || err.Error() != filepath.Join(folder, "taken")+" cannot be written (file exists)" {
		t.Errorf("%v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestRemove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := Remove(path); err != nil {
		t.Errorf("a missing file: %v", err)
	}
	if err := Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if err := Remove(path); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
}
