//go:build unix

package launch

import (
	"errors"
	"os"
	"syscall"
)

// PolicyPath is where the administrator's policy lies.
func PolicyPath() string { return "/etc/coopnet-client/policy.json" }

// Administered reports an error unless only the administrator can have written the file.
func Administered(f *os.File) error { return ownedBy(f, 0) }

func ownedBy(f *os.File, owner uint32) error {
	s, err := f.Stat()
	if err != nil {
		return err
	}
	stat, ok := s.Sys().(*syscall.Stat_t)
	switch {
	case !s.Mode().IsRegular():
		return errors.New("it is no regular file")
	case !ok || stat.Uid != owner:
		return errors.New("it belongs to somebody else")
	case s.Mode().Perm()&0o022 != 0:
		return errors.New("others may write it")
	}
	return nil
}
