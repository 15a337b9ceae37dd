package cli

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/coopnet/coopnet/shared/blob"
	"github.com/coopnet/coopnet/shared/release"
)

// transferTimeout is for files, which may be large, over lines that may be slow.
const transferTimeout = time.Hour

// releaseFlags are those of release publish.
type releaseFlags struct {
	platform, version, minimum, signingKey string
	notesEN, notesFR                       string
	days, rollout                          int
}

type releaseAnswer struct {
	Platform       string      `json:"platform"`
	Version        string      `json:"version"`
	MinimumVersion string      `json:"minimumVersion"`
	Status         string      `json:"status"`
	Rollout        int         `json:"rollout"`
	ExpiresAt      time.Time   `json:"expiresAt"`
	Upload         blob.Upload `json:"upload"`
}

func (t Terminal) release(ctx context.Context, args []string) error {
	s, f := t.server(publisherKey()), releaseFlags{minimum: "0.0.0", days: 180, rollout: 100}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	s.set(flags)
	for name, value := range map[string]*string{"platform": &f.platform, "version": &f.version, "minimum": &f.minimum, "signing-key": &f.signingKey,
		"notes-en": &f.notesEN, "notes-fr": &f.notesFR} {
		flags.StringVar(value, name, *value, "")
	}
	flags.IntVar(&f.days, "expires", f.days, "")
	flags.IntVar(&f.rollout, "rollout", f.rollout, "")
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("say key, publish, list, rollout or withdraw")
	}
	switch action, words := words[0], words[1:]; {
	case action == "key" && len(words) == 1:
		return t.releaseKey(words[0])
	case action == "publish" && len(words) == 1:
		return t.releasePublish(ctx, s, f, words[0])
	case action == "list" && len(words) == 0:
		return t.releaseList(ctx, s, f.platform)
	case action == "withdraw" && len(words) == 2:
		return t.releaseChange(ctx, s, words[0], words[1], map[string]any{"withdrawn": true})
	case action == "rollout" && len(words) == 3:
		percent, err := strconv.Atoi(words[2])
		if err != nil {
			return usagef("release rollout needs a number of percent, not %q", words[2])
		}
		return t.releaseChange(ctx, s, words[0], words[1], map[string]any{"rollout": percent})
	case action == "withdraw", action == "rollout":
		return usagef("release %s needs a platform and a version; coopnet release list shows them", action)
	case action == "key", action == "publish":
		return usagef("release %s needs one file", action)
	default:
		return usagef("release %s is not understood", action)
	}
}

// releaseKey makes a key that signs; the server gets the public part only.
func (t Terminal) releaseKey(path string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	text, err := release.EncodePrivateKey(private)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: a key is never overwritten", path)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	_, err = fmt.Fprintf(t.Out, "Public key  %s\nStart the server with --release-keys and this. Keep %s where no server is.\n", release.EncodePublicKey(public), path)
	return err
}

func (t Terminal) releasePublish(ctx context.Context, s *server, f releaseFlags, path string) error {
	draft, err := f.draft(path, time.Now())
	if err != nil {
		return err
	}
	var made releaseAnswer
	if _, err := t.ask(ctx, s, "POST", "/software/releases", draft, &made); err != nil {
		return err
	}
	if err := upload(ctx, s.url, made.Upload, path); err != nil {
		return err
	}
	raw, err := t.ask(ctx, s, "POST", releasePath(f.platform, f.version)+"/complete", nil, &made)
	if err != nil {
		return err
	}
	if s.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, "Version %s for %s is published, for %d %%.\n", made.Version, made.Platform, made.Rollout)
	return err
}

func releasePath(platform, version string) string {
	return "/software/releases/" + url.PathEscape(platform) + "/" + url.PathEscape(version)
}

// draft measures the file and signs its manifest. The key is read here and sent nowhere.
func (f releaseFlags) draft(path string, now time.Time) (map[string]any, error) {
	if f.platform == "" || f.version == "" || f.signingKey == "" {
		return nil, usagef("release publish needs --platform, --version and --signing-key")
	}
	text, err := os.ReadFile(f.signingKey)
	if err != nil {
		return nil, fmt.Errorf("the signing key cannot be read: %w", err)
	}
	key, err := release.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s is %w", f.signingKey, err)
	}
	m := release.Manifest{Platform: f.platform, Version: f.version, MinimumVersion: f.minimum, Filename: filepath.Base(path),
		Expires: now.AddDate(0, 0, f.days).UTC().Truncate(time.Second)}
	if m.Size, m.SHA256, err = measure(path); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, usageError{err}
	}
	notes := make(map[string]string)
	for language, file := range map[string]string{"en": f.notesEN, "fr": f.notesFR} {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("the notes cannot be read: %w", err)
		}
		notes[language] = string(text)
	}
	return map[string]any{
		"platform": m.Platform, "version": m.Version, "minimumVersion": m.MinimumVersion, "filename": m.Filename, "size": m.Size,
		"sha256": hex.EncodeToString(m.SHA256[:]), "expiresAt": m.Expires, "signature": base64.StdEncoding.EncodeToString(release.Sign(key, m)),
		"notes": notes, "rollout": f.rollout,
	}, nil
}

func measure(path string) (size int64, sum [32]byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, sum, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	defer file.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, file); err != nil {
		return 0, sum, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return size, [32]byte(hash.Sum(nil)), nil
}

// upload makes the request that the server has signed, which may be to another host.
func upload(ctx context.Context, base string, u blob.Upload, path string) error {
	at, err := url.Parse(base)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	link, err := at.Parse(u.URL)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	defer file.Close()
	state, err := file.Stat()
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, transferTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, u.Method, link.String(), file)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	request.ContentLength = state.Size()
	for name, value := range u.Headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer response.Body.Close()
	// A file that is there already came with a call that was cut off: completing tells whether it is the right one.
	if response.StatusCode >= 300 && response.StatusCode != http.StatusPreconditionFailed && response.StatusCode != http.StatusConflict {
		return fmt.Errorf("the file was not taken: %s", response.Status)
	}
	return nil
}

func (t Terminal) releaseList(ctx context.Context, s *server, platform string) error {
	var list struct{ Items []releaseAnswer }
	raw, err := t.ask(ctx, s, "GET", "/software/releases?"+url.Values{"platform": {platform}}.Encode(), nil, &list)
	if err != nil {
		return err
	}
	if s.asJSON {
		return t.raw(raw)
	}
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "PLATFORM\tVERSION\tMINIMUM\tSTATUS\tROLLOUT\tSIGNED UNTIL")
	for _, r := range list.Items {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d %%\t%s\n", r.Platform, r.Version, r.MinimumVersion, r.Status, r.Rollout, r.ExpiresAt.Local().Format(time.DateOnly))
	}
	return table.Flush()
}

func (t Terminal) releaseChange(ctx context.Context, s *server, platform, version string, change map[string]any) error {
	var r releaseAnswer
	raw, err := t.ask(ctx, s, "PATCH", releasePath(platform, version), change, &r)
	if err != nil {
		return err
	}
	if s.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, "Version %s for %s is %s, for %d %%.\n", r.Version, r.Platform, r.Status, r.Rollout)
	return err
}
