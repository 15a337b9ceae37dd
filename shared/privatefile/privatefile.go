// Package privatefile writes files that only their owner may read: keys, ready files, how to join the demo.
package privatefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces a file in one step, with mode 0600. A reader sees the old content or the new one, whole; so does the
// next start after a power cut.
func Write(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("%s cannot be written (%w)", path, Reason(err))
	}
	defer os.Remove(f.Name()) // fails once the file has its name, as it should
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written (%w)", path, Reason(err))
	}
	return nil
}

// Remove removes a file; one that is not there is fine.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s cannot be removed (%w)", path, Reason(err))
	}
	return nil
}

// Reason is the part of a file error that people understand: "permission denied", without the system call.
func Reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
