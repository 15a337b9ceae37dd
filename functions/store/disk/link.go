package disk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

// Prefix is the path of all links.
const Prefix = "/blobs/"

const (
	idle      = 30 * time.Second // without a byte
	pace      = 8 << 10          // bytes a second that a file must make beyond that: places are few
	mediaType = "application/octet-stream"
	longest   = 7 * 24 * time.Hour
)

// link is all that a link says, and what its signature covers.
type link struct {
	method  string
	key     string
	expires int64       // seconds
	object  blob.Object // that is uploaded
	name    string      // that is downloaded
}

func (l link) sign(key []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s\n%s\n%d\n%d\n%x\n%s", l.method, l.key, l.expires, l.object.Size, l.object.SHA256, l.name)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Store) link(l link) string {
	q := url.Values{"expires": {strconv.FormatInt(l.expires, 10)}, "signature": {l.sign(s.key)}}
	if l.method == http.MethodPut {
		q.Set("size", strconv.FormatInt(l.object.Size, 10))
		q.Set("sha256", hex.EncodeToString(l.object.SHA256[:]))
	} else {
		q.Set("name", l.name)
	}
	return s.cfg.URL + Prefix + l.key + "?" + q.Encode()
}

// Upload returns the one request that stores the object.
func (s *Store) Upload(ctx context.Context, key string, object blob.Object, expires time.Time) (blob.Upload, error) {
	if object.Size < 1 {
		return blob.Upload{}, errors.New("sign upload: it is empty")
	}
	if err := s.check(ctx, key, expires); err != nil {
		return blob.Upload{}, fmt.Errorf("sign upload: %w", err)
	}
	return blob.Upload{
		Method:  http.MethodPut,
		URL:     s.link(link{method: http.MethodPut, key: key, expires: end(expires), object: object}),
		Headers: map[string]string{"Content-Type": mediaType},
		Expires: expires,
	}, nil
}

// Download returns a link to the object, if there is one, as an attachment with that file name.
func (s *Store) Download(ctx context.Context, key, filename string, expires time.Time) (string, error) {
	if err := s.check(ctx, key, expires); err != nil {
		return "", fmt.Errorf("sign download: %w", err)
	}
	return s.link(link{method: http.MethodGet, key: key, expires: end(expires), name: blob.Disposition(filename)}), nil
}

// end is rounded up: links count seconds.
func end(expires time.Time) int64 { return (expires.UnixMilli() + 999) / 1000 }

func (s *Store) check(ctx context.Context, key string, expires time.Time) error {
	if !blob.ValidKey(key) {
		return fmt.Errorf("%q is not a key", key)
	}
	if life := expires.Sub(s.cfg.Now()); life <= 0 || life > longest {
		return fmt.Errorf("a link cannot live for %v", life)
	}
	return ctx.Err()
}

// Handler serves the links. It reads bodies of any length that it has signed: no other limit may stand before it.
func (s *Store) Handler() http.Handler {
	return problem.Handler(s.cfg.Logger, func(w http.ResponseWriter, r *http.Request) error {
		l, err := s.read(r)
		if err != nil {
			return err
		}
		select {
		case s.busy <- struct{}{}:
			defer func() { <-s.busy }()
		default:
			return &problem.Error{Code: problem.Unavailable, Detail: "Too many files are under way. Try again.", RetryAfter: time.Second}
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		w.Header().Set("Cache-Control", "private, no-store")
		if l.method == http.MethodPut {
			return s.receive(w, r, l)
		}
		return s.send(w, r, l)
	})
}

// read returns what the link says, if it was signed here for this method and lives.
func (s *Store) read(r *http.Request) (link, error) {
	refused := problem.New(problem.Forbidden, "The link is not valid, or not any more.")
	q := r.URL.Query()
	l := link{method: r.Method, key: strings.TrimPrefix(r.URL.Path, Prefix), name: q.Get("name")}
	if l.method == http.MethodHead {
		l.method = http.MethodGet
	}
	var err error
	if l.expires, err = strconv.ParseInt(q.Get("expires"), 10, 64); err != nil {
		return l, refused
	}
	if l.method == http.MethodPut {
		sum, sumErr := hex.DecodeString(q.Get("sha256"))
		if l.object.Size, err = strconv.ParseInt(q.Get("size"), 10, 64); err != nil || sumErr != nil || len(sum) != sha256.Size {
			return l, refused
		}
		l.object.SHA256 = [sha256.Size]byte(sum)
	}
	if !hmac.Equal([]byte(l.sign(s.key)), []byte(q.Get("signature"))) || !blob.ValidKey(l.key) || s.cfg.Now().Unix() >= l.expires {
		return l, refused
	}
	return l, nil
}

func (s *Store) receive(w http.ResponseWriter, r *http.Request, l link) error {
	if r.ContentLength != l.object.Size {
		return problem.New(problem.Invalid, fmt.Sprintf("The file must have %d bytes, and the request must say so.", l.object.Size))
	}
	control := http.NewResponseController(w)
	err := s.Put(r.Context(), l.key, newLively(r.Body, control.SetReadDeadline), l.object)
	switch {
	case errors.Is(err, blob.ErrExists):
		return problem.New(problem.PreconditionFailed, "The file was uploaded already.")
	case errors.Is(err, errContent):
		return problem.New(problem.Invalid, "The file is not the one that was announced.")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, os.ErrDeadlineExceeded), r.Context().Err() != nil:
		return problem.Wrap(problem.Malformed, "The file did not come to its end.", err)
	case err != nil:
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (s *Store) send(w http.ResponseWriter, r *http.Request, l link) error {
	f, object, err := s.open(l.key)
	if errors.Is(err, blob.ErrNotFound) {
		return problem.New(problem.NotFound, "There is no such file.")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", l.name)
	h.Set("ETag", `"`+hex.EncodeToString(object.SHA256[:])+`"`)
	control := http.NewResponseController(w)
	content := struct {
		io.Reader
		io.Seeker
	}{}
	section := io.NewSectionReader(f, 0, object.Size)
	content.Reader = newLively(section, control.SetWriteDeadline)
	content.Seeker = section
	http.ServeContent(w, r, "", time.Time{}, content)
	return nil
}

// lively moves a deadline before each read: who is slow may go on, who is silent, or sends a byte now and then, not.
type lively struct {
	r     io.Reader
	until func(time.Time) error
	begun time.Time
	done  int64
}

func newLively(r io.Reader, until func(time.Time) error) *lively {
	return &lively{r: r, until: until, begun: time.Now()}
}

func (l *lively) Read(p []byte) (int, error) {
	last := l.begun.Add(idle + time.Duration(l.done)*time.Second/pace)
	if silent := time.Now().Add(idle); silent.Before(last) {
		last = silent
	}
	_ = l.until(last) // a transport without deadlines has limits of its own
	n, err := l.r.Read(p)
	l.done += int64(n)
	return n, err
}
