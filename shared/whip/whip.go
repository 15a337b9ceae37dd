// Package whip is a client for WHIP (RFC 9725) and WHEP: it publishes or plays a webrtc.PeerConnection through a URL and
// a bearer token. Tests, the cascade and the software use it.
package whip

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/pion/webrtc/v3"
)

const maxAnswer = 256 << 10 // bytes

// Endpoint is where to publish or play.
type Endpoint struct {
	URL   string // absolute, for example https://relay.example/whip?label=Screen
	Token string
	HTTP  *http.Client // nil: http.DefaultClient
}

// Refused is an answer other than the one hoped for. Code is empty when the server said no problem+json.
type Refused struct {
	Status int
	Code   string
	Detail string
}

// Error implements error.
func (r *Refused) Error() string {
	return fmt.Sprintf("refused with %d %s: %s", r.Status, r.Code, r.Detail)
}

// Session is a WHIP or WHEP resource on the server.
type Session struct {
	endpoint Endpoint
	Location string // absolute
	ETag     string
	Answer   string // SDP

	Publication string // id of the share that it begins; "" where the relay does not say it, and for a viewer
}

// Connect offers what pc has, waits for its candidates, and sets the server's answer. The session is pc's: Close it
// together with pc.
func Connect(ctx context.Context, e Endpoint, pc *webrtc.PeerConnection) (*Session, error) {
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		return nil, fmt.Errorf("create offer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		return nil, fmt.Errorf("set offer: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return nil, fmt.Errorf("gather candidates: %w", ctx.Err())
	}
	s, err := Open(ctx, e, pc.LocalDescription().SDP)
	if err != nil {
		return nil, err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: s.Answer}); err != nil {
		return nil, errors.Join(fmt.Errorf("set answer: %w", err), s.Close(ctx))
	}
	return s, nil
}

// Open posts an offer and returns the session. The error is a *Refused where the server answered.
func Open(ctx context.Context, e Endpoint, offer string) (*Session, error) {
	resp, body, err := e.send(ctx, http.MethodPost, e.URL, "application/sdp", offer, "")
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusCreated {
		return nil, refused(resp, body)
	}
	location, err := resolve(e.URL, resp.Header.Get("Location"))
	if err != nil {
		return nil, err
	}
	return &Session{endpoint: e, Location: location, ETag: resp.Header.Get("ETag"), Answer: string(body), Publication: resp.Header.Get("X-Publication")}, nil
}

// resolve makes a Location absolute (RFC 9110 section 10.2.2).
func resolve(base, location string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", fmt.Errorf("parse endpoint: %w", err)
	}
	if location == "" {
		return "", errors.New("the answer has no Location")
	}
	l, err := b.Parse(location)
	if err != nil {
		return "", fmt.Errorf("parse Location: %w", err)
	}
	return l.String(), nil
}

// Patch sends an SDP fragment with If-Match and returns the server's fragment, empty for 204 (RFC 9725 section 4.3).
func (s *Session) Patch(ctx context.Context, ifMatch, fragment string) (string, error) {
	resp, body, err := s.endpoint.send(ctx, http.MethodPatch, s.Location, "application/trickle-ice-sdpfrag", fragment, ifMatch)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent {
		return "", refused(resp, body)
	}
	if etag := resp.Header.Get("ETag"); etag != "" {
		s.ETag = etag
	}
	return string(body), nil
}

// Close deletes the resource. A session that is gone already is no error.
func (s *Session) Close(ctx context.Context) error {
	resp, body, err := s.endpoint.send(ctx, http.MethodDelete, s.Location, "", "", "")
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 && resp.StatusCode != http.StatusNotFound {
		return refused(resp, body)
	}
	return nil
}

func (e Endpoint) send(ctx context.Context, method, to, contentType, body, ifMatch string) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+e.Token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if ifMatch != "" {
		req.Header.Set("If-Match", ifMatch)
	}
	client := e.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("reach the relay: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("read the relay's answer: %w", err)
	}
	return resp, answer, nil
}

func refused(resp *http.Response, body []byte) error {
	r := &Refused{Status: resp.StatusCode}
	var doc struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	if json.NewDecoder(bytes.NewReader(body)).Decode(&doc) == nil {
		r.Code, r.Detail = doc.Code, doc.Detail
	}
	return r
}
