package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
)

// Blobs is all that a store of files does; a domain declares what it needs of it. Links live until expires, and are for
// one method, one key and, to upload, one object.
type Blobs interface {
	// Upload returns the one request that stores the object.
	Upload(ctx context.Context, key string, object blob.Object, expires time.Time) (blob.Upload, error)
	// Download returns a link to the object, if there is one, as an attachment with that file name.
	Download(ctx context.Context, key, filename string, expires time.Time) (string, error)
	// Stat returns what is stored, or blob.ErrNotFound.
	Stat(ctx context.Context, key string) (blob.Object, error)
	// Put stores exactly that object, or nothing. blob.ErrExists when there is one.
	Put(ctx context.Context, key string, r io.Reader, object blob.Object) error
	// Delete forgets one; a missing one is fine.
	Delete(ctx context.Context, key string) error
}

// OpenBlobs opens an empty store. Its clock is the real one, as that of the links' other end is.
type OpenBlobs func(t *testing.T) Blobs

// TestBlobs is the suite of stores of files.
func TestBlobs(t *testing.T, open OpenBlobs) {
	for name, test := range map[string]func(*testing.T, Blobs){
		"up and down":       blobUpAndDown,
		"other bytes":       blobOtherBytes,
		"never over":        blobNeverOver,
		"expired":           blobExpired,
		"tampered":          blobTampered,
		"other method":      blobOtherMethod,
		"file names":        blobFileNames,
		"cut in half":       blobCutInHalf,
		"two at once":       blobTwoAtOnce,
		"put":               blobPut,
		"delete":            blobDelete,
		"keys":              blobKeys,
		"cancelled context": blobCancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func content(seed byte, size int) ([]byte, blob.Object) {
	b := make([]byte, size)
	for i := range b {
		b[i] = seed + byte(i*7>>3)
	}
	return b, blob.Object{Size: int64(size), SHA256: sha256.Sum256(b)}
}

func upload(t *testing.T, s Blobs, key string, object blob.Object) blob.Upload {
	t.Helper()
	up, err := s.Upload(t.Context(), key, object, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if up.Method != http.MethodPut || up.URL == "" || up.Expires.Before(time.Now().Add(59*time.Minute)) {
		t.Fatalf("got %+v", up)
	}
	return up
}

// send makes the request of an upload with this body and returns the status.
func send(t *testing.T, up blob.Upload, body []byte) int {
	t.Helper()
	answer, _ := ask(t, up.Method, up.URL, up.Headers, body)
	return answer.StatusCode
}

func ask(t *testing.T, method, url string, headers map[string]string, body []byte) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, got
}

// isStored wants exactly that object.
func isStored(t *testing.T, s Blobs, key string, body []byte, object blob.Object) {
	t.Helper()
	if got, err := s.Stat(t.Context(), key); err != nil || got != object {
		t.Fatalf("%s: got %+v, %v; want %+v", key, got, err, object)
	}
	link, err := s.Download(t.Context(), key, "x.bin", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if answer, got := ask(t, http.MethodGet, link, nil, nil); answer.StatusCode != http.StatusOK || !bytes.Equal(got, body) {
		t.Fatalf("%s: %d, %d bytes", key, answer.StatusCode, len(got))
	}
}

func notStored(t *testing.T, s Blobs, key, why string) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	want(t, why, err, blob.ErrNotFound)
}

func blobUpAndDown(t *testing.T, s Blobs) {
	body, object := content(1, 300_000)
	up := upload(t, s, "reports/a.zip", object)
	notStored(t, s, "reports/a.zip", "before")
	if status := send(t, up, body); status/100 != 2 {
		t.Fatalf("status %d", status)
	}
	isStored(t, s, "reports/a.zip", body, object)
	link, err := s.Download(t.Context(), "reports/a.zip", "report.zip", time.Now().Add(5*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	answer, got := ask(t, http.MethodGet, link, map[string]string{"Range": "bytes=1000-1999"}, nil)
	if answer.StatusCode != http.StatusPartialContent || !bytes.Equal(got, body[1000:2000]) || answer.Header.Get("Content-Range") != "bytes 1000-1999/300000" {
		t.Errorf("a range: %d, %d bytes, %v", answer.StatusCode, len(got), answer.Header)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "application/octet-stream" {
		t.Errorf("type %q", kind)
	}
	if answer, _ := ask(t, http.MethodGet, link, map[string]string{"Range": "bytes=300000-"}, nil); answer.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("a range beyond the end: %d", answer.StatusCode)
	}
}

func blobOtherBytes(t *testing.T, s Blobs) {
	body, object := content(1, 20_000)
	other, otherObject := content(2, 20_000)
	cases := map[string][]byte{"shorter": body[:19_999], "longer": append(bytes.Clone(body), 0), "others": other, "none": nil}
	for name, sent := range cases {
		if status := send(t, upload(t, s, "a", object), sent); status/100 != 4 {
			t.Errorf("%s: status %d", name, status)
		}
		notStored(t, s, "a", name)
	}
	for name := range upload(t, s, "a", object).Headers { // what was signed must be said
		up := upload(t, s, "a", object)
		delete(up.Headers, name)
		sum := "x-amz-checksum-sha256"
		if strings.EqualFold(name, sum) {
			up.Headers[name] = upload(t, s, "b", otherObject).Headers[name]
		}
		status := send(t, up, other)
		if status/100 == 2 {
			t.Errorf("another %s: status %d", name, status)
		}
		notStored(t, s, "a", name)
	}
	chunked(t, upload(t, s, "a", object), body)
	if got, err := s.Stat(t.Context(), "a"); err == nil && got != object {
		t.Errorf("without a length: got %+v", got)
	}
}

// chunked sends a body without saying how long it is; it may be refused.
func chunked(t *testing.T, up blob.Upload, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, io.MultiReader(bytes.NewReader(body), strings.NewReader("and more")))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range up.Headers {
		r.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return // refused while it was sending
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 == 2 {
		t.Errorf("a body of another length without a length: status %d", answer.StatusCode)
	}
}

func blobNeverOver(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	other, otherObject := content(2, 1000)
	up, second := upload(t, s, "a", object), upload(t, s, "a", otherObject)
	if status := send(t, up, body); status/100 != 2 {
		t.Fatalf("status %d", status)
	}
	for _, again := range []int{send(t, up, body), send(t, second, other)} {
		if again/100 != 4 {
			t.Errorf("over it: status %d", again)
		}
	}
	want(t, "put over it", s.Put(t.Context(), "a", bytes.NewReader(other), otherObject), blob.ErrExists)
	isStored(t, s, "a", body, object)
}

// blobExpired waits for the end of a second.
func blobExpired(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	if err := s.Put(t.Context(), "there", bytes.NewReader(body), object); err != nil {
		t.Fatal(err)
	}
	soon := time.Now().Add(2 * time.Second)
	link, err := s.Download(t.Context(), "there", "x", soon)
	if err != nil {
		t.Fatal(err)
	}
	up, err := s.Upload(t.Context(), "new", object, soon)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		answer, _ := ask(t, http.MethodGet, link, nil, nil)
		if answer.StatusCode/100 == 4 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the link lives on: %d", answer.StatusCode)
		}
	}
	if time.Now().Before(soon.Add(-time.Second)) { // links count seconds
		t.Error("the link ended too soon")
	}
	if status := send(t, up, body); status/100 != 4 {
		t.Errorf("an upload that has expired: %d", status)
	}
	notStored(t, s, "new", "expired")
	if _, err := s.Upload(t.Context(), "new", object, time.Now().Add(-time.Minute)); err == nil {
		t.Error("a link that has expired already")
	}
}

func blobTampered(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	if err := errors.Join(s.Put(t.Context(), "a", bytes.NewReader(body), object), s.Put(t.Context(), "b", bytes.NewReader(body), object)); err != nil {
		t.Fatal(err)
	}
	link, err := s.Download(t.Context(), "a", "name.zip", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	up := upload(t, s, "c", object)
	for what, original := range map[string]string{http.MethodGet: link, http.MethodPut: up.URL} {
		for _, changed := range tampered(t, original) {
			answer, _ := ask(t, what, changed, up.Headers, body)
			if answer.StatusCode/100 != 4 {
				t.Errorf("%s %s: status %d", what, changed, answer.StatusCode)
			}
		}
	}
	for _, key := range []string{"c", "d"} {
		notStored(t, s, key, "tampered")
	}
	isStored(t, s, "a", body, object)
}

// tampered changes one thing of a link at a time.
func tampered(t *testing.T, link string) []string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	with := func(edit func(u *url.URL, q url.Values)) {
		other, q := *u, u.Query()
		edit(&other, q)
		other.RawQuery = q.Encode()
		changed = append(changed, other.String())
	}
	with(func(other *url.URL, _ url.Values) {
		other.Path = strings.TrimSuffix(other.Path, other.Path[len(other.Path)-1:]) + "d"
	})
	with(func(_ *url.URL, q url.Values) { clear(q) })
	for name := range u.Query() {
		with(func(_ *url.URL, q url.Values) { q.Del(name) })
		with(func(_ *url.URL, q url.Values) {
			first := "0"
			if strings.HasPrefix(q.Get(name), first) {
				first = "1"
			}
			q.Set(name, first+q.Get(name)[min(1, len(q.Get(name))):])
		})
	}
	return changed
}

func blobOtherMethod(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	if err := s.Put(t.Context(), "a", bytes.NewReader(body), object); err != nil {
		t.Fatal(err)
	}
	link, err := s.Download(t.Context(), "a", "x", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	up := upload(t, s, "b", object)
	for _, c := range []struct{ method, url string }{
		{http.MethodPut, link}, {http.MethodPost, link}, {http.MethodDelete, link},
		{http.MethodGet, up.URL}, {http.MethodPost, up.URL}, {http.MethodDelete, up.URL},
	} {
		if answer, _ := ask(t, c.method, c.url, nil, body); answer.StatusCode/100 != 4 {
			t.Errorf("%s %s: status %d", c.method, c.url, answer.StatusCode)
		}
	}
	isStored(t, s, "a", body, object)
	notStored(t, s, "b", "another method")
}

func blobFileNames(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	if err := s.Put(t.Context(), "a", bytes.NewReader(body), object); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"report.zip", "", "a\r\nSet-Cookie: x=y\r\n\r\n<script>", `x"; filename="evil.exe`, "../../etc/passwd", "rapport été \u202e.zip", "&response-content-type=text/html", "\xff\x00", strings.Repeat("x", 3000)} {
		link, err := s.Download(t.Context(), "a", name, time.Now().Add(time.Hour))
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		answer, got := ask(t, http.MethodGet, link, nil, nil)
		kind, params, err := mime.ParseMediaType(answer.Header.Get("Content-Disposition"))
		if answer.StatusCode != http.StatusOK || !bytes.Equal(got, body) || err != nil || kind != "attachment" || len(params) != 1 ||
			strings.ContainsAny(params["filename"], "/\\\"\r\n\x00") || answer.Header.Get("Set-Cookie") != "" || answer.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%q: %d, %v, %v", name, answer.StatusCode, answer.Header, err)
		}
	}
}

func blobCutInHalf(t *testing.T, s Blobs) {
	body, object := content(1, 200_000)
	up := upload(t, s, "a", object)
	u, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	var head strings.Builder
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", up.Method, u.RequestURI(), u.Host, len(body))
	for name, value := range up.Headers {
		if !strings.EqualFold(name, "Content-Length") && !strings.EqualFold(name, "Host") {
			fmt.Fprintf(&head, "%s: %s\r\n", name, value)
		}
	}
	_, err = conn.Write(append([]byte(head.String()+"\r\n"), body[:len(body)/2]...))
	if err = errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	notStored(t, s, "a", "half of it")
	if status := send(t, up, body); status/100 != 2 {
		t.Errorf("once more: status %d", status)
	}
	isStored(t, s, "a", body, object)
}

func blobTwoAtOnce(t *testing.T, s Blobs) {
	bodies, objects := make([][]byte, 6), make([]blob.Object, 6)
	for i := range bodies {
		bodies[i], objects[i] = content(byte(i/2), 100_000) // some send the same
	}
	var won atomic.Int64
	var winner atomic.Int64
	race(t, len(bodies), nil, func(ctx context.Context, i int) error {
		status := send(t, upload(t, s, "a", objects[i]), bodies[i])
		if status/100 == 2 {
			won.Add(1)
			winner.Store(int64(i))
		} else if status/100 != 4 {
			return fmt.Errorf("status %d", status)
		}
		return nil
	})
	if won.Load() != 1 {
		t.Fatalf("%d won", won.Load())
	}
	isStored(t, s, "a", bodies[winner.Load()], objects[winner.Load()])
}

func blobPut(t *testing.T, s Blobs) {
	body, object := content(1, 70_000)
	_, other := content(2, 70_000)
	for name, c := range map[string]struct {
		r      io.Reader
		object blob.Object
	}{
		"another checksum": {bytes.NewReader(body), other},
		"shorter":          {bytes.NewReader(body[:100]), object},
		"longer":           {io.MultiReader(bytes.NewReader(body), strings.NewReader("x")), object},
		"cut off":          {io.MultiReader(bytes.NewReader(body[:100]), brokenReader{}), object},
		"nothing":          {strings.NewReader(""), blob.Object{SHA256: sha256.Sum256(nil)}},
	} {
		if err := s.Put(t.Context(), "a", c.r, c.object); err == nil {
			t.Errorf("%s was stored", name)
		}
		notStored(t, s, "a", name)
	}
	if err := s.Put(t.Context(), "a", io.MultiReader(bytes.NewReader(body)), object); err != nil {
		t.Fatal(err)
	}
	isStored(t, s, "a", body, object)
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("cut off") }

func blobDelete(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	if err := errors.Join(s.Put(t.Context(), "a", bytes.NewReader(body), object), s.Put(t.Context(), "a.b", bytes.NewReader(body), object)); err != nil {
		t.Fatal(err)
	}
	link, err := s.Download(t.Context(), "a", "x", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Delete(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	notStored(t, s, "a", "deleted")
	if answer, _ := ask(t, http.MethodGet, link, nil, nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a link to what was deleted: %d", answer.StatusCode)
	}
	isStored(t, s, "a.b", body, object)
}

func blobKeys(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	for _, key := range []string{"", "/", "../a", "a/../../b", "a//b", "/a", "a/", "A", "a b", "a\x00b", ".hidden", "é"} {
		if err := s.Put(t.Context(), key, bytes.NewReader(body), object); err == nil {
			t.Errorf("put %q", key)
		}
		if up, err := s.Upload(t.Context(), key, object, time.Now().Add(time.Hour)); err == nil {
			t.Errorf("upload to %q: %v", key, up)
		}
		if link, err := s.Download(t.Context(), key, "x", time.Now().Add(time.Hour)); err == nil {
			t.Errorf("download of %q: %v", key, link)
		}
		if err := s.Delete(t.Context(), key); err == nil {
			t.Errorf("delete %q", key)
		}
	}
	for _, key := range []string{"a", "b/c", "b/c.d/e_f-g"} {
		if err := s.Put(t.Context(), key, bytes.NewReader(body), object); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func blobCancelled(t *testing.T, s Blobs) {
	body, object := content(1, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "put", s.Put(ctx, "a", bytes.NewReader(body), object), context.Canceled)
	_, err := s.Stat(ctx, "a")
	want(t, "stat", err, context.Canceled)
	want(t, "delete", s.Delete(ctx, "a"), context.Canceled)
	notStored(t, s, "a", "cancelled")
}
