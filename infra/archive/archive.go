// Package archive packs what a deployment uploads. The same files give the same bytes, on every machine and at any time: who
// deploys again without a change deploys nothing.
package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// stamp is the time of every file in an archive: the earliest that a zip can tell.
func stamp() time.Time { return time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC) }

// Zip packs programs for Lambda: files that may be executed.
func Zip(to string, files ...string) error {
	return write(to, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, path := range files {
			header := &zip.FileHeader{Name: filepath.Base(path), Method: zip.Deflate, Modified: stamp()}
			header.SetMode(0o755)
			entry, err := z.CreateHeader(header)
			if err != nil {
				return fmt.Errorf("pack %s: %w", path, err)
			}
			if err := copyFile(entry, path); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

// TarGz packs files for a machine; what can be executed stays so.
func TarGz(to string, files ...string) error {
	return write(to, func(w io.Writer) error {
		g := gzip.NewWriter(w)
		t := tar.NewWriter(g)
		for _, path := range files {
			about, err := os.Stat(path)
			if err != nil {
				return fmt.Errorf("pack: %w", err)
			}
			mode := int64(0o644)
			if about.Mode()&0o100 != 0 {
				mode = 0o755
			}
			header := &tar.Header{Name: filepath.Base(path), Size: about.Size(), Mode: mode, ModTime: stamp(), Format: tar.FormatUSTAR}
			if err := t.WriteHeader(header); err != nil {
				return fmt.Errorf("pack %s: %w", path, err)
			}
			if err := copyFile(t, path); err != nil {
				return err
			}
		}
		if err := t.Close(); err != nil {
			return fmt.Errorf("end archive: %w", err)
		}
		return g.Close()
	})
}

func copyFile(w io.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("pack %s: %w", path, err)
	}
	return nil
}

// write makes the file at once or not at all.
func write(to string, pack func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+"-*.tmp")
	if err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error is the one that matters
		}
	}()
	if err := pack(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	if err := os.Rename(f.Name(), to); err != nil {
		return fmt.Errorf("make archive: %w", err)
	}
	return nil
}
