package standalone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/coopnet/coopnet/shared/privatefile"
)

// Names inside the data folder.
const (
	DatabaseFile     = "coopnet.db"
	OrganizerKeyFile = "organizer.key"
	SupportKeyFile   = "support.key"
	FilesFolder      = "files" // releases of the software, and reports
	demoFile         = "demo.txt"
	lockFile         = "coopnet.lock"
)

// folder is the data folder, locked for this process: two servers on one database would hand out the same seats.
type folder struct {
	path string
	lock *os.File
}

func openFolder(path string) (*folder, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the data folder %s: %w", path, err)
	}
	if err := os.MkdirAll(full, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be created (%w): choose another with --data", full, privatefile.Reason(err))
	}
	lock, err := os.OpenFile(filepath.Join(full, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be written (%w): make it writable or choose another with --data", full, privatefile.Reason(err))
	}
	// The kernel drops the lock with the process, so a kill leaves nothing behind.
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another Coopnet already runs on the data folder %s: stop it or choose another folder with --data", full)
		}
		return nil, fmt.Errorf("lock the data folder %s: %w", full, err)
	}
	return &folder{path: full, lock: lock}, nil
}

// Close gives the folder free.
func (f *folder) Close() error { return f.lock.Close() }

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// readSecret reads a one-line file; a missing one is "".
func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("%s cannot be read (%w)", path, privatefile.Reason(err))
	}
	return strings.TrimSpace(string(text)), nil
}
