package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/standalone"
)

const (
	callTimeout = 15 * time.Second
	maxAnswer   = 4 << 20
)

// call asks the server as an organizer. The answer is decoded into answer and also returned as it came; with nil none is
// expected.
func (t Terminal) call(ctx context.Context, f *conferenceFlags, method, path string, body, answer any) (json.RawMessage, error) {
	text, err := t.fetch(ctx, f, method, path, body)
	if err != nil || answer == nil {
		return nil, err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return nil, fmt.Errorf("%s does not answer like a Coopnet server (%w)", f.url, err)
	}
	return text, nil
}

// fetch returns the answer as it came.
func (t Terminal) fetch(ctx context.Context, f *conferenceFlags, method, path string, body any) ([]byte, error) {
	key, err := t.organizerKey(f)
	if err != nil {
		return nil, err
	}
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("render the request: %w", err)
		}
		content = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(f.url, "/")+"/api/v1"+path, content)
	if err != nil {
		return nil, usagef("--url: %q is not an address such as %s", f.url, standalone.DefaultURL)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodDelete || method == http.MethodPatch {
		request.Header.Set("If-Match", "*") // whatever it has become
	}
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, fmt.Errorf("no Coopnet answers at %s: start it with `coopnet serve`, or say where it is with --url", f.url)
	}
	if err != nil {
		return nil, fmt.Errorf("ask the server: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the server's answer: %w", err)
	}
	if response.StatusCode >= 400 {
		return nil, refusal(response, text)
	}
	return text, nil
}

// refusal turns a problem document back into the error that it was.
func refusal(response *http.Response, text []byte) error {
	var document struct {
		Code   problem.Code
		Detail string
		Errors []problem.Field
	}
	if err := json.Unmarshal(text, &document); err != nil || document.Code == "" {
		return fmt.Errorf("the server answered %s", response.Status)
	}
	if document.Code == problem.Unauthenticated {
		document.Detail = "The organizer's key is not known or was revoked: give another with --key-file."
	}
	return &problem.Error{Code: document.Code, Detail: document.Detail, Fields: document.Errors}
}

func (t Terminal) organizerKey(f *conferenceFlags) (string, error) {
	if key := t.Getenv("COOPNET_ORGANIZER_KEY"); key != "" && f.keyFile == "" {
		return key, nil
	}
	path := f.keyFile
	if path == "" {
		path = filepath.Join(f.data, standalone.OrganizerKeyFile)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no organizer's key %s: name the data folder with --data, or the key with --key-file", path)
	}
	if err != nil {
		return "", fmt.Errorf("the organizer's key cannot be read: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}
