// Package s3 keeps files in a bucket, for the cloud edition. Browsers send and fetch them themselves, by signed requests:
// the functions never carry a file, and S3 compares the size and the SHA-256 that were signed and refuses to write over
// another object.
//
// What the bucket itself must do (the template says it): no public access, TLS only, unfinished uploads removed.
package s3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/problem"
)

// Config says where the files are.
type Config struct {
	Client *s3.Client
	Bucket string
	Now    func() time.Time // nil is time.Now
}

// Store is a bucket.
type Store struct {
	cfg  Config
	sign *s3.PresignClient
}

// Answers come within 2 s, whatever becomes of the call and its repetitions; a file takes as long as it takes.
const (
	callTime  = 1500 * time.Millisecond
	mostCalls = 3
	mediaType = "application/octet-stream"
	longest   = 7 * 24 * time.Hour // S3's own limit
)

// New checks the configuration. It calls nobody.
func New(cfg Config) (*Store, error) {
	if cfg.Client == nil || cfg.Bucket == "" {
		return nil, errors.New("s3: a required field of Config is missing")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Store{cfg: cfg, sign: s3.NewPresignClient(cfg.Client)}, nil
}

// Upload returns the one request that stores the object.
func (s *Store) Upload(ctx context.Context, key string, object blob.Object, expires time.Time) (blob.Upload, error) {
	life, err := s.life(ctx, key, expires)
	if err == nil && object.Size < 1 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return blob.Upload{}, fmt.Errorf("sign upload: %w", err)
	}
	request, err := s.sign.PresignPutObject(ctx, s.put(key, object), s3.WithPresignExpires(life))
	if err != nil {
		return blob.Upload{}, fmt.Errorf("sign upload: %w", fault(ctx, err))
	}
	up := blob.Upload{Method: request.Method, URL: request.URL, Headers: map[string]string{}, Expires: expires}
	for name, values := range request.SignedHeader {
		switch http.CanonicalHeaderKey(name) {
		case "Host": // whoever sends it sets it, and browsers let nobody else
		case "Content-Length":
			if values[0] != strconv.FormatInt(object.Size, 10) {
				return blob.Upload{}, errors.New("sign upload: another length was signed")
			}
		default:
			up.Headers[name] = values[0]
		}
	}
	return up, nil
}

func (s *Store) put(key string, object blob.Object) *s3.PutObjectInput {
	return &s3.PutObjectInput{
		Bucket: &s.cfg.Bucket, Key: &key, ContentLength: &object.Size, ContentType: aws.String(mediaType), IfNoneMatch: aws.String("*"),
		ChecksumSHA256: aws.String(base64.StdEncoding.EncodeToString(object.SHA256[:])),
	}
}

// Download returns a link to the object, if there is one, as an attachment with that file name.
func (s *Store) Download(ctx context.Context, key, filename string, expires time.Time) (string, error) {
	life, err := s.life(ctx, key, expires)
	if err != nil {
		return "", fmt.Errorf("sign download: %w", err)
	}
	request, err := s.sign.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: &s.cfg.Bucket, Key: &key, ResponseContentDisposition: aws.String(blob.Disposition(filename)),
		ResponseContentType: aws.String(mediaType), ResponseCacheControl: aws.String("private, no-store"),
	}, s3.WithPresignExpires(life))
	if err != nil {
		return "", fmt.Errorf("sign download: %w", fault(ctx, err))
	}
	return request.URL, nil
}

// life is rounded up: links count seconds.
func (s *Store) life(ctx context.Context, key string, expires time.Time) (time.Duration, error) {
	if !blob.ValidKey(key) {
		return 0, fmt.Errorf("%q is not a key", key)
	}
	life := expires.Sub(s.cfg.Now())
	if life <= 0 || life > longest {
		return 0, fmt.Errorf("a link cannot live for %v", life)
	}
	return (life + time.Second - 1).Truncate(time.Second), ctx.Err()
}

// Stat returns what is stored, or blob.ErrNotFound.
func (s *Store) Stat(ctx context.Context, key string) (blob.Object, error) {
	if !blob.ValidKey(key) {
		return blob.Object{}, fmt.Errorf("%q is not a key", key)
	}
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	out, err := s.cfg.Client.HeadObject(limited, &s3.HeadObjectInput{Bucket: &s.cfg.Bucket, Key: &key, ChecksumMode: types.ChecksumModeEnabled}, few)
	if status(err) == http.StatusNotFound {
		return blob.Object{}, blob.ErrNotFound
	}
	if err != nil {
		return blob.Object{}, fmt.Errorf("look at file: %w", fault(ctx, err))
	}
	object := blob.Object{Size: aws.ToInt64(out.ContentLength)}
	sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256))
	if err != nil || len(sum) != len(object.SHA256) {
		return blob.Object{}, fmt.Errorf("look at file: its checksum is %q", aws.ToString(out.ChecksumSHA256))
	}
	object.SHA256 = [32]byte(sum)
	return object, nil
}

// Put stores exactly that object, or nothing. blob.ErrExists when there is one.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, object blob.Object) error {
	if !blob.ValidKey(key) {
		return fmt.Errorf("%q is not a key", key)
	}
	if object.Size < 1 {
		return errors.New("store file: it is empty")
	}
	in := s.put(key, object)
	in.Body = &exact{r: r, left: object.Size}
	_, err := s.cfg.Client.PutObject(ctx, in, func(o *s3.Options) {
		o.Retryer = aws.NopRetryer{} // what was read cannot be read again
		// The checksum is signed; the content need not be read twice to sign it too.
		o.APIOptions = append(o.APIOptions, v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	})
	switch status(err) {
	case http.StatusPreconditionFailed, http.StatusConflict: // RFC 9110 section 13.1.2; S3 says the latter to one of two at once
		return blob.ErrExists
	}
	if err != nil {
		return fmt.Errorf("store file: %w", fault(ctx, err))
	}
	return nil
}

// exact ends after so many bytes, and fails when there are fewer or more, before the last of them is given away.
type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := e.r.Read(p[:min(int64(len(p)), e.left)])
	if e.left -= int64(n); e.left > 0 {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return n, err
	}
	if extra, _ := io.ReadFull(e.r, make([]byte, 1)); extra > 0 {
		return 0, errors.New("the content is longer than was announced")
	}
	return n, nil
}

// Delete forgets one; a missing one is fine.
func (s *Store) Delete(ctx context.Context, key string) error {
	if !blob.ValidKey(key) {
		return fmt.Errorf("%q is not a key", key)
	}
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err := s.cfg.Client.DeleteObject(limited, &s3.DeleteObjectInput{Bucket: &s.cfg.Bucket, Key: &key}, few)
	if err != nil && status(err) != http.StatusNotFound {
		return fmt.Errorf("delete file: %w", fault(ctx, err))
	}
	return nil
}

// few bounds the repetitions of one call; the deadline bounds their time.
func few(o *s3.Options) { o.RetryMaxAttempts = mostCalls }

func status(err error) int {
	var answered interface{ HTTPStatusCode() int }
	if errors.As(err, &answered) {
		return answered.HTTPStatusCode()
	}
	return 0
}

// fault gives what passes its meaning for HTTP: no answer, or one that says so.
func fault(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	code := status(err)
	var api smithy.APIError
	if answered := errors.As(err, &api) || code > 0; answered && code < http.StatusInternalServerError && code != http.StatusTooManyRequests {
		return err
	}
	return &problem.Error{Code: problem.Unavailable, Detail: "The store of files does not answer. Try again.", RetryAfter: time.Second, Cause: err}
}
