package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
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

// server is a running server and whose key is shown to it.
type server struct {
	url, keyFile, data string
	asJSON             bool
	role               roleKey
}

// roleKey is where the key of a role is, when nothing is said.
type roleKey struct {
	name     string
	variable string // holds the key itself
	file     string // in the data folder; "" is none
}

func organizerKey() roleKey {
	return roleKey{"organizer's key", "COOPNET_ORGANIZER_KEY", standalone.OrganizerKeyFile}
}

func supportKey() roleKey {
	return roleKey{"support key", "COOPNET_SUPPORT_KEY", standalone.SupportKeyFile}
}

func publisherKey() roleKey { return roleKey{"publisher's key", "COOPNET_PUBLISHER_KEY", ""} }

func (t Terminal) server(role roleKey) *server {
	return &server{url: t.env("COOPNET_PUBLIC_URL", standalone.DefaultURL), data: t.env("COOPNET_DATA", standalone.DefaultData), role: role}
}

// set adds the flags that say which server.
func (s *server) set(flags *flag.FlagSet) {
	flags.StringVar(&s.url, "url", s.url, "")
	flags.StringVar(&s.keyFile, "key-file", "", "")
	flags.StringVar(&s.data, "data", s.data, "")
	flags.BoolVar(&s.asJSON, "json", false, "")
}

// call asks the server as an organizer.
func (t Terminal) call(ctx context.Context, f *conferenceFlags, method, path string, body, answer any) (json.RawMessage, error) {
	return t.ask(ctx, &f.server, method, path, body, answer)
}

// ask asks the server. The answer is decoded into answer and also returned as it came; with nil none is expected.
func (t Terminal) ask(ctx context.Context, s *server, method, path string, body, answer any) (json.RawMessage, error) {
	text, err := t.fetch(ctx, s, method, path, body)
	if err != nil || answer == nil {
		return nil, err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return nil, fmt.Errorf("%s does not answer like a Coopnet server (%w)", s.url, err)
	}
	return text, nil
}

// fetch returns the answer as it came.
func (t Terminal) fetch(ctx context.Context, s *server, method, path string, body any) ([]byte, error) {
	key, err := t.keyOf(s)
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
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.url, "/")+"/api/v1"+path, content)
	if err != nil {
		return nil, usagef("--url: %q is not an address such as %s", s.url, standalone.DefaultURL)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodDelete || method == http.MethodPatch {
		request.Header.Set("If-Match", "*") // whatever it has become
	}
	response, text, err := answerOf(request, s.url)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 400 {
		return nil, refusal(s, response, text)
	}
	return text, nil
}

func answerOf(request *http.Request, url string) (*http.Response, []byte, error) {
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return nil, nil, fmt.Errorf("no Coopnet answers at %s: start it with `coopnet serve`, or say where it is with --url", url)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ask the server: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("read the server's answer: %w", err)
	}
	return response, text, nil
}

// refusal turns a problem document back into the error that it was.
func refusal(s *server, response *http.Response, text []byte) error {
	var document struct {
		Code   problem.Code
		Detail string
		Errors []problem.Field
	}
	if err := json.Unmarshal(text, &document); err != nil || document.Code == "" {
		return fmt.Errorf("the server answered %s", response.Status)
	}
	if document.Code == problem.Unauthenticated {
		document.Detail = "The " + s.role.name + " is not known or was revoked: give another with --key-file."
	}
	return &problem.Error{Code: document.Code, Detail: document.Detail, Fields: document.Errors}
}

func (t Terminal) keyOf(s *server) (string, error) {
	if key := t.Getenv(s.role.variable); key != "" && s.keyFile == "" {
		return key, nil
	}
	path := s.keyFile
	if path == "" && s.role.file != "" {
		path = filepath.Join(s.data, s.role.file)
	}
	if path == "" {
		return "", usagef("a %s is needed: name its file with --key-file, or put it into %s", s.role.name, s.role.variable)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("there is no %s %s: name the data folder with --data, or the key with --key-file", s.role.name, path)
	}
	if err != nil {
		return "", fmt.Errorf("the %s cannot be read: %w", s.role.name, err)
	}
	return strings.TrimSpace(string(text)), nil
}
