package standalone_test

import (
	"bytes"
	"context"
	"encoding/json"
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

// join does what the page does from its first load to the moment when it has what opens the relay: the control channel
// and the picture take a token each.
func (c *caller) join(ctx context.Context, entry map[string]string) (participant string, err error) {
	if err := c.call(ctx, "GET", "/site", nil, nil); err != nil {
		return "", err
	}
	if err := c.call(ctx, "GET", "/identity", nil, nil); err != nil {
		return "", err
	}
	if err := c.call(ctx, "POST", "/admissions", entry, nil); err != nil {
		return "", err
	}
	who := map[string]any{"title": "Mr", "name": "James BOND", "email": "james@example.org", "remember": false}
	if err := c.call(ctx, "PUT", "/identity", who, nil); err != nil {
		return "", err
	}
	for range 2 {
		var ticket struct {
			Token       string
			Participant struct{ ID string }
		}
		if err := c.call(ctx, "POST", "/join-tokens", map[string]string{"mode": "browser"}, &ticket); err != nil {
			return "", err
		}
		if ticket.Token == "" || participant != "" && participant != ticket.Participant.ID {
			return "", fmt.Errorf("the second token is %q's, the first %q's", ticket.Participant.ID, participant)
		}
		participant = ticket.Participant.ID
	}
	return participant, nil
}
