package heartbeat

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/problem"
)

const maxOrdersBody = 256 << 10

// HTTP is a Link to the API of a control plane.
type HTTP struct {
	base       string
	credential string
	client     *http.Client
}

var _ Link = (*HTTP)(nil)

// NewHTTP speaks as the relay id to the control plane at its origin.
func NewHTTP(origin, id, credential string, roots *x509.CertPool) *HTTP {
	return &HTTP{
		base:       strings.TrimSuffix(origin, "/") + "/api/v1/relays/" + url.PathEscape(id),
		credential: credential,
		client: &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, ForceAttemptHTTP2: true,
				TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxResponseHeaderBytes: 16 << 10,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return errors.New("the control plane redirects: name its own address")
			},
		},
	}
}

// Announce implements Link.
func (l *HTTP) Announce(ctx context.Context, a announce.Announcement) (announce.Orders, error) {
	var o announce.Orders
	err := l.call(ctx, http.MethodPut, l.base, a, &o)
	return o, err
}

// Report implements Link.
func (l *HTTP) Report(ctx context.Context, b announce.Batch) error {
	return l.call(ctx, http.MethodPost, l.base+"/attendance", b, nil)
}

// Close ends idle connections.
func (l *HTTP) Close() { l.client.CloseIdleConnections() }

func (l *HTTP) call(ctx context.Context, method, address string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+l.credential)
	resp, err := l.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask the control plane: %w", err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(io.LimitReader(resp.Body, maxOrdersBody))
	if err != nil {
		return fmt.Errorf("read the control plane's answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return refusal(resp, read)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(read, answer); err != nil { // a newer control plane may say more
		return fmt.Errorf("read the control plane's answer: %w", err)
	}
	return nil
}

// refusal keeps the code, which decides what to do, and what people need.
func refusal(resp *http.Response, body []byte) error {
	var p struct {
		Code   problem.Code    `json:"code"`
		Detail string          `json:"detail"`
		Errors []problem.Field `json:"errors"`
	}
	if err := json.Unmarshal(body, &p); err != nil || p.Code == "" {
		return fmt.Errorf("the control plane answers %s", resp.Status)
	}
	return &problem.Error{Code: p.Code, Detail: p.Detail, Fields: p.Errors}
}
