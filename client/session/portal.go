package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	maxAnswer = 256 << 10 // bytes
	// admissionCookie is the one cookie of the software: with it come the tokens of a reconnection.
	admissionCookie = "__Host-admission"
	maxPause        = time.Minute
)

// Ticket is what admits to a relay, once, for one purpose.
type Ticket struct {
	Token       string `json:"token"`
	Participant struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Role string `json:"role"`
	} `json:"participant"`
	Permissions []string    `json:"permissions"`
	Relay       Relay       `json:"relay"`
	ICEServers  []ICEServer `json:"iceServers"`
	Alternates  []Alternate `json:"alternates"`
}

// Relay is where one is.
type Relay struct {
	WHIP    string `json:"whip"`
	WHEP    string `json:"whep"`
	Control string `json:"control"`
}

// ICEServer is as in RTCIceServer.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// Alternate is another relay, for who cannot reach the first.
type Alternate struct {
	Token      string      `json:"token"`
	Relay      Relay       `json:"relay"`
	ICEServers []ICEServer `json:"iceServers"`
}

// Conference is what the portal says of it to who is admitted.
type Conference struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Title string `json:"title"`
}

// Release is what a software that is too old is told to install.
type Release struct {
	Version   string `json:"version"`
	Manifest  string `json:"manifest"`
	Signature string `json:"signature"`
	URL       string `json:"url"`

	MinimumVersion string `json:"minimumVersion"` // to join with
}

// Refusal is a portal's or a relay's no. Status 0: nobody answered.
type Refusal struct {
	Status     int
	Code       string
	Detail     string
	RetryAfter time.Duration
	Release    *Release // with upgrade-required
	Cause      error
}

// Error is for logs.
func (r *Refusal) Error() string {
	if r.Status == 0 {
		return fmt.Sprintf("no answer: %v", r.Cause)
	}
	return fmt.Sprintf("refused with %d %s: %s", r.Status, r.Code, r.Detail)
}

// Unwrap returns the cause.
func (r *Refusal) Unwrap() error { return r.Cause }

// Final reports whether asking again is of no use.
func (r *Refusal) Final() bool {
	switch r.Status {
	case 0, http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return false
	case http.StatusConflict: // the conference has as many shares as it can have; a token was seen before
		return false
	case http.StatusUnauthorized: // a token that came too late; with the portal, the admission is over
		return r.Code == "unauthenticated"
	}
	return true
}

// Portal is one origin's API, with the software's admission once a code is redeemed. Its methods may be called at the
// same time.
type Portal struct {
	origin string
	client *http.Client

	mu        sync.Mutex
	admission string
}

// NewPortal makes one. client must not follow redirects to other origins.
func NewPortal(origin string, client *http.Client) *Portal {
	return &Portal{origin: origin, client: client}
}

// Origin is where the portal is.
func (p *Portal) Origin() string { return p.origin }

// errWaiting is a guest whom nobody has let in yet.
var errWaiting = errors.New("nobody has let the guest in yet")

// Redeem takes over the admission of a launch code. The ticket is nil where somebody has to let the guest in first.
func (p *Portal) Redeem(ctx context.Context, code, version, platform string) (*Ticket, error) {
	var t Ticket
	err := p.call(ctx, http.MethodPost, "/launch-codes/"+code+"/redeem", map[string]string{"version": version, "platform": platform}, &t)
	if waiting(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &t, nil
}

// JoinToken returns a fresh ticket; the error is errWaiting in the lobby.
func (p *Portal) JoinToken(ctx context.Context) (*Ticket, error) {
	var t Ticket
	if err := p.call(ctx, http.MethodPost, "/join-tokens", map[string]string{"mode": "software"}, &t); err != nil {
		return nil, err
	}
	return &t, nil
}

// Conference says which conference the admission is for.
func (p *Portal) Conference(ctx context.Context) (Conference, error) {
	var a struct {
		Conference Conference `json:"conference"`
	}
	err := p.call(ctx, http.MethodGet, "/admissions", nil, &a)
	return a.Conference, err
}

func waiting(err error) bool { return errors.Is(err, errWaiting) }

func (p *Portal) call(ctx context.Context, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("render request: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, method, p.origin+"/api/v1"+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	if body == nil {
		r.Body, r.ContentLength = http.NoBody, 0
	}
	r.Header.Set("Content-Type", "application/json")
	response, text, err := p.do(r)
	if err != nil {
		return err
	}
	if response.StatusCode == http.StatusAccepted {
		return &Refusal{Status: http.StatusAccepted, Code: "waiting", RetryAfter: retryAfter(response), Cause: errWaiting}
	}
	if response.StatusCode != http.StatusOK {
		return refusal(response, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return &Refusal{Cause: fmt.Errorf("read the portal's answer: %w", err)}
	}
	return nil
}

// do sends the admission along, to this origin only, and takes it from the answer. A cookie jar would not send one that
// is Secure to a portal on this machine.
func (p *Portal) do(r *http.Request) (*http.Response, []byte, error) {
	p.mu.Lock()
	if p.admission != "" {
		r.AddCookie(&http.Cookie{Name: admissionCookie, Value: p.admission})
	}
	p.mu.Unlock()
	response, err := p.client.Do(r)
	if err != nil {
		p.client.CloseIdleConnections() // the network may be another one
		return nil, nil, &Refusal{Cause: withoutURL(err)}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, &Refusal{Cause: fmt.Errorf("read the portal's answer: %w", err)}
	}
	for _, c := range response.Cookies() {
		if c.Name == admissionCookie {
			p.mu.Lock()
			p.admission = c.Value
			p.mu.Unlock()
		}
	}
	return response, text, nil
}

func refusal(response *http.Response, text []byte) *Refusal {
	r := &Refusal{Status: response.StatusCode, RetryAfter: retryAfter(response)}
	var doc struct {
		Code    string   `json:"code"`
		Detail  string   `json:"detail"`
		Release *Release `json:"release"`
	}
	if json.Unmarshal(text, &doc) == nil {
		r.Code, r.Detail, r.Release = doc.Code, doc.Detail, doc.Release
	}
	return r
}

func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxPause)
}
