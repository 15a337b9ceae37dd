// Package disk keeps files in a folder, for the standalone edition. It is its own other end: Upload and Download return
// links to its Handler, signed with a key that lies in the folder.
//
// A file comes as a whole or not at all: it is written aside, its size and its SHA-256 are compared, it is flushed, and
// then it gets its name, unless something has it. One file is one object: the content, and behind it the 32 bytes of its
// SHA-256.
package disk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/privatefile"
	"github.com/coopnet/coopnet/shared/problem"
)

// Config says where the files are.
type Config struct {
	Path    string           // the folder, made if it is not there
	Beside  bool             // another process serves the folder: what is unfinished there is that one's
	URL     string           // what is before /blobs/ in links; no slash at its end
	Reserve int64            // bytes of the disk that files leave to others, the database first; 0 is 256 MiB, negative none
	Now     func() time.Time // nil is time.Now
	Logger  *slog.Logger     // nil discards
}

// Store is an open folder.
type Store struct {
	cfg  Config
	key  []byte
	busy chan struct{} // a place for each request under way
}

const (
	objects  = "objects"
	incoming = "incoming" // what has no name yet
	mostBusy = 64
	fileMode = 0o600
	reserve  = 256 << 20
	folder   = 0o700
)

// Open makes the folder if it is not there, and removes what was left unfinished: one process alone serves it.
func Open(cfg Config) (*Store, error) {
	if cfg.Path == "" {
		return nil, errors.New("disk: Config.Path is missing")
	}
	if cfg.URL == "" || strings.HasSuffix(cfg.URL, "/") {
		return nil, fmt.Errorf("disk: Config.URL %q is empty or ends with a slash", cfg.URL)
	}
	if cfg.Reserve == 0 {
		cfg.Reserve = reserve
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{cfg: cfg, busy: make(chan struct{}, mostBusy)}
	if !cfg.Beside {
		if err := os.RemoveAll(s.path(incoming)); err != nil {
			return nil, fmt.Errorf("remove unfinished files: %w", err)
		}
	}
	for _, name := range []string{objects, incoming} {
		if err := os.MkdirAll(s.path(name), folder); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
	}
	return s, s.openKey()
}

func (s *Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.cfg.Path}, parts...)...)
}

// openKey reads the key of the links, and makes it the first time.
func (s *Store) openKey() error {
	key, err := os.ReadFile(s.path("key"))
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, sha256.Size)
		if _, err := rand.Read(key); err != nil {
			return fmt.Errorf("make key of the links: %w", err)
		}
		return errors.Join(privatefile.Write(s.path("key"), key), flush(s.cfg.Path), s.setKey(key))
	}
	if err != nil {
		return fmt.Errorf("read key of the links: %w", err)
	}
	return s.setKey(key)
}

func (s *Store) setKey(key []byte) error {
	if len(key) != sha256.Size {
		return fmt.Errorf("%s has %d bytes: remove it, and links that are out will end", s.path("key"), len(key))
	}
	s.key = key
	return nil
}

// file is where an object lies. Keys have slashes, and no file is in the way of a folder.
func (s *Store) file(key string) (string, error) {
	if !blob.ValidKey(key) {
		return "", fmt.Errorf("%q is not a key", key)
	}
	return s.path(objects, strings.ReplaceAll(key, "/", "+")), nil
}

// open returns the file and what it holds, or blob.ErrNotFound.
func (s *Store) open(key string) (*os.File, blob.Object, error) {
	path, err := s.file(key)
	if err != nil {
		return nil, blob.Object{}, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.Object{}, blob.ErrNotFound
	}
	if err != nil {
		return nil, blob.Object{}, fault("open file", err)
	}
	object, err := describe(f)
	if err != nil {
		return nil, blob.Object{}, errors.Join(fault("read file", err), f.Close())
	}
	return f, object, nil
}

func describe(f *os.File) (object blob.Object, err error) {
	st, err := f.Stat()
	if err != nil {
		return object, err
	}
	if object.Size = st.Size() - sha256.Size; object.Size < 0 {
		return object, errors.New("it is too short")
	}
	_, err = f.ReadAt(object.SHA256[:], object.Size)
	return object, err
}

// Stat returns what is stored, or blob.ErrNotFound.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	if err := ctx.Err(); err != nil {
		return blob.Object{}, err
	}
	f, object, err := s.open(key)
	if err != nil {
		return blob.Object{}, err
	}
	return object, f.Close()
}

// Put stores exactly that object, or nothing. blob.ErrExists when there is one.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, object blob.Object) error {
	path, err := s.file(key)
	if err != nil {
		return err
	}
	if object.Size < 1 {
		return fmt.Errorf("store %s: it is empty", key)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return blob.ErrExists
	}
	if err := s.room(object.Size); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.path(incoming), "*")
	if err != nil {
		return fault("store file", err)
	}
	defer os.Remove(f.Name()) // its other name stays
	err = errors.Join(write(ctx, f, r, object), f.Close())
	if err != nil {
		return fault("store file", err)
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return blob.ErrExists
	} else if err != nil {
		return fault("name file", err)
	}
	return flush(s.path(objects))
}

// room refuses a file that would take what is reserved for others.
func (s *Store) room(size int64) error {
	if s.cfg.Reserve < 0 {
		return nil
	}
	free, err := free(s.cfg.Path)
	if err != nil {
		return fault("look at the disk", &fs.PathError{Op: "statfs", Path: s.cfg.Path, Err: err})
	}
	if free-size < s.cfg.Reserve {
		return fault("store file", syscall.ENOSPC)
	}
	return nil
}

// errContent is for content that is not what was announced.
var errContent = errors.New("the content is not what was announced")

// write writes and flushes the content and its checksum.
func write(ctx context.Context, f *os.File, r io.Reader, object blob.Object) error {
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), reader{ctx, io.LimitReader(r, object.Size+1)})
	if err != nil {
		return err
	}
	if n != object.Size || [sha256.Size]byte(hash.Sum(nil)) != object.SHA256 {
		return errContent
	}
	if _, err := f.Write(object.SHA256[:]); err != nil {
		return err
	}
	return f.Sync()
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Delete forgets one; a missing one is fine.
func (s *Store) Delete(ctx context.Context, key string) error {
	path, err := s.file(key)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fault("delete file", err)
	}
	return flush(s.path(objects))
}

// flush brings the names in a folder to the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fault("flush folder", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fault("flush folder", err)
	}
	return nil
}

// fault gives a disk that is full, and one that fails, their meaning for HTTP.
func fault(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return problem.Wrap(problem.StorageFull, "There is no room for the file.", err)
	case errors.As(err, &path), errors.As(err, &link):
		return &problem.Error{Code: problem.Unavailable, Detail: "The store of files does not answer. Try again.", RetryAfter: 5 * time.Second, Cause: err}
	}
	return err
}
