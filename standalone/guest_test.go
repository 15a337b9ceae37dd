package standalone_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// caller speaks to the API as one browser does: a connection of its own from an address of its own, and its cookies.
// Loopback is all of 127.0.0.0/8, so each company has an address, as each has in reality.
type caller struct {
	base    string
	client  *http.Client
	cookies map[string]string
	bearer  string
}

func newCaller(base, address string) *caller {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &caller{
		base:    base,
		client:  &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: 20 * time.Second},
		cookies: map[string]string{},
	}
}

func (c *caller) close() { c.client.CloseIdleConnections() }

// refusal is an answer that is no success.
type refusal struct {
	call       string
	status     int
	retryAfter string
	body       string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.call, r.status, r.body) }

// call decodes the answer into answer unless that is nil.
func (c *caller) call(ctx context.Context, method, path string, body, answer any, headers ...string) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	for _, set := range response.Cookies() {
		c.cookies[set.Name] = set.Value
	}
	if response.StatusCode >= 300 {
		return &refusal{method + " " + path, response.StatusCode, response.Header.Get("Retry-After"), string(text)}
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// seat is what a join comes to.
type seat struct {
	Token       string
	Participant struct{ ID string }
	Relay       struct{ Control string }
}

// join does what the page does from its first load to the moment when it has what opens the relay: the control channel
// and the picture take a token each.
func (c *caller) join(ctx context.Context, entry map[string]string) (last seat, err error) {
	if err := c.call(ctx, "GET", "/site", nil, nil); err != nil {
		return last, err
	}
	if err := c.call(ctx, "GET", "/identity", nil, nil); err != nil {
		return last, err
	}
	if err := c.call(ctx, "POST", "/admissions", entry, nil); err != nil {
		return last, err
	}
	if err := c.identify(ctx); err != nil {
		return last, err
	}
	for range 2 {
		before := last.Participant.ID
		if last, err = c.token(ctx); err != nil {
			return last, err
		}
		if last.Token == "" || before != "" && before != last.Participant.ID {
			return last, fmt.Errorf("the first token is %q's, the second %q's", before, last.Participant.ID)
		}
	}
	return last, nil
}

func (c *caller) identify(ctx context.Context) error {
	who := map[string]any{"title": "Mr", "name": "James BOND", "email": "james@example.org", "remember": false}
	return c.call(ctx, "PUT", "/identity", who, nil)
}

func (c *caller) token(ctx context.Context) (s seat, err error) {
	err = c.call(ctx, "POST", "/join-tokens", map[string]string{"mode": "browser"}, &s)
	return s, err
}

// refused says what is wrong with an answer that must be this refusal; a refusal for a while must say for how long.
func refused(err error, status int) error {
	var r *refusal
	switch {
	case err == nil:
		return fmt.Errorf("it was not refused with %d", status)
	case !errors.As(err, &r) || r.status != status:
		return err
	case status == http.StatusServiceUnavailable && r.retryAfter == "":
		return fmt.Errorf("no Retry-After: %w", err)
	}
	return nil
}
