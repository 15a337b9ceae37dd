package archive_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coopnet/coopnet/infra/archive"
)

func TestTheSameFilesGiveTheSameBytes(t *testing.T) {
	for name, pack := range map[string]func(string, ...string) error{"a.zip": archive.Zip, "a.tar.gz": archive.TarGz} {
		var made [2][]byte
		for i := range made {
			dir := t.TempDir()
			program, unit := filepath.Join(dir, "bootstrap"), filepath.Join(dir, "x.service")
			if err := os.WriteFile(program, bytes.Repeat([]byte("program"), 1000), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(unit, []byte("[Unit]\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			when := time.Now().Add(-time.Duration(i) * time.Hour)
			if err := os.Chtimes(program, when, when); err != nil {
				t.Fatal(err)
			}
			if err := pack(filepath.Join(dir, name), program, unit); err != nil {
				t.Fatal(err)
			}
			var err error
			if made[i], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(made[0], made[1]) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestLambdaFindsAProgram(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "bootstrap")
	if err := os.WriteFile(program, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := archive.Zip(filepath.Join(dir, "f.zip"), program); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(dir, "f.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode() != 0o755 {
		t.Errorf("%v", z.File)
	}
	if err := archive.Zip(filepath.Join(dir, "g.zip"), filepath.Join(dir, "missing")); err == nil {
		t.Error("a missing program is packed")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".g.zip*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
