package update

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/release"
)

// MaxSize is what a release may have in bytes, whatever its publisher says.
const MaxSize = 512 << 20

const (
	tries      = 5 // in a row without a single byte
	retryAfter = time.Second
	stalled    = 30 * time.Second // without a byte: the connection is dead
)

// Refusals of a file.
var (
	ErrSize     = errors.New("the release is too large")
	ErrChecksum = errors.New("the file is not the one that was signed")
)

// errElsewhere is an answer that no other attempt betters.
type errElsewhere struct{ status int }

func (e errElsewhere) Error() string { return fmt.Sprintf("the portal answers %d", e.status) }

// Fetch downloads a release into a folder of the user's own, from where it was cut last time on, and returns the file,
// which nobody else may read or write. told hears how many bytes are there.
func Fetch(ctx context.Context, client *http.Client, address string, m release.Manifest, folder string, told func(int64)) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of updates: %w", err)
	}
	path := filepath.Join(folder, m.Filename)
	part := path + ".part"
	if s, err := os.Lstat(part); err == nil && (!s.Mode().IsRegular() || s.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' || s.Size() > m.Size) {
		if err := os.Remove(part); err != nil {
			return "", fmt.Errorf("remove what is in the way: %w", err)
		}
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", fmt.Errorf("make the file: %w", err)
	}
	err = fill(ctx, client, address, m, f, told)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if errors.Is(err, ErrChecksum) || errors.Is(err, ErrSize) {
		return "", errors.Join(err, os.Remove(part)) // going on from it would never end well
	}
	if err != nil {
		return "", err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("replace an earlier update: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return "", fmt.Errorf("name the update: %w", err)
	}
	return path, nil
}

// fill brings what is missing, and checks all of it.
func fill(ctx context.Context, client *http.Client, address string, m release.Manifest, f *os.File, told func(int64)) error {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("look at the file: %w", err)
	}
	for failures := 0; have < m.Size; {
		before := have
		have, err = more(ctx, client, address, m.Size, f, have, told)
		var hopeless errElsewhere
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrSize), errors.As(err, &hopeless):
			return err
		case have > before:
			failures = 0
		default:
			failures++
		}
		if failures == tries {
			return fmt.Errorf("fetch the release: %w", err)
		}
		if have < m.Size {
			select {
			case <-time.After(retryAfter):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	sum := sha256.New()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("read the file: %w", err)
	}
	if [32]byte(sum.Sum(nil)) != m.SHA256 {
		return ErrChecksum
	}
	return f.Sync()
}

// more makes one request for what is missing from have on (RFC 9110 section 14.2), and returns how much there is then.
func more(ctx context.Context, client *http.Client, address string, size int64, f *os.File, have int64, told func(int64)) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	alive := time.AfterFunc(stalled, cancel)
	defer alive.Stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return have, fmt.Errorf("make request: %w", err)
	}
	if have > 0 {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	answer, err := client.Do(r)
	if err != nil {
		return have, fmt.Errorf("fetch the release: %w", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusOK: // all of it, whatever was asked
		have = 0
	case answer.StatusCode == http.StatusPartialContent && strings.HasPrefix(answer.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case answer.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return 0, f.Truncate(0) // from the beginning
	case answer.StatusCode >= 500:
		return have, fmt.Errorf("the portal answers %d", answer.StatusCode)
	default:
		return have, errElsewhere{answer.StatusCode}
	}
	if err := f.Truncate(have); err != nil {
		return have, fmt.Errorf("write the file: %w", err)
	}
	if _, err := f.Seek(have, io.SeekStart); err != nil {
		return have, fmt.Errorf("write the file: %w", err)
	}
	n, err := io.Copy(&counter{f, have, told, alive}, io.LimitReader(answer.Body, size-have+1))
	have += n
	if have > size {
		return have, ErrSize
	}
	return have, err
}

// counter tells how far a file is.
type counter struct {
	file *os.File
	have int64
	told func(int64)

	alive *time.Timer // ends the request when nothing comes
}

func (c *counter) Write(b []byte) (int, error) {
	c.alive.Reset(stalled)
	n, err := c.file.Write(b)
	c.have += int64(n)
	if c.told != nil {
		c.told(c.have)
	}
	return n, err
}
