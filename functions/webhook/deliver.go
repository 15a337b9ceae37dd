package webhook

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	secretPrefix = "whsec_"
	roundSize    = 50               // deliveries to one receiver
	roundTime    = 20 * time.Second // until no further one is begun
	atOnce       = 8                // receivers
	lease        = time.Minute      // a delivery under way is nobody else's; then its process counts as dead
	giveUp       = 24 * time.Hour
)

// pause before an attempt after so many that failed: seconds at first, hours in the end.
func pause(attempts int, random io.Reader) time.Duration {
	steps := []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}
	step := steps[min(max(attempts-1, 0), len(steps)-1)]
	var b [1]byte
	_, _ = io.ReadFull(random, b[:]) // without it all come at the same moment
	return step + step*time.Duration(b[0])/1024
}

// Deliver does one round.
func (d *Domain) Deliver(ctx context.Context) error {
	_, err := d.Round(ctx)
	return err
}

// Round does one: what is due is sent, a bounded number to each receiver, within a bounded time. Each receiver gets its
// events one after the other in the order in which they happened, except for those that it did not take at first. Several
// processes may do rounds at the same time. It returns how many attempts it has made.
func (d *Domain) Round(ctx context.Context) (attempts int, err error) {
	subscriptions, err := d.subscriptions(ctx)
	if err != nil {
		return 0, err
	}
	until := d.cfg.Now().Add(roundTime)
	slots := make(chan struct{}, atOnce)
	errs := make([]error, len(subscriptions))
	tried := make([]int, len(subscriptions))
	var delivering sync.WaitGroup
	for i, s := range subscriptions {
		slots <- struct{}{}
		delivering.Go(func() {
			defer func() { <-slots }()
			tried[i], errs[i] = d.deliverTo(ctx, s, until)
		})
	}
	delivering.Wait()
	for _, n := range tried {
		attempts += n
	}
	return attempts, errors.Join(errs...)
}

func (d *Domain) deliverTo(ctx context.Context, s *Subscription, until time.Time) (attempts int, err error) {
	due, err := d.cfg.Store.Due(ctx, s.ID, roundSize)
	if err != nil {
		return 0, fmt.Errorf("find deliveries: %w", err)
	}
	slices.SortStableFunc(due, func(a, b *Delivery) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, x := range due {
		if ctx.Err() != nil || !d.cfg.Now().Before(until) {
			return attempts, ctx.Err()
		}
		x.Attempts++
		x.NextAt = d.now().Add(lease)
		err := d.cfg.Store.UpdateDelivery(ctx, x)
		if errors.Is(err, ErrConflict) { // another process has it
			continue
		}
		if err != nil {
			return attempts, fmt.Errorf("claim delivery: %w", err)
		}
		attempts++
		status, sendErr := d.send(ctx, s, x)
		if err := d.settle(ctx, s, x, status, sendErr); err != nil {
			return attempts, err
		}
		if sendErr != nil { // nobody answers there: the others would only wait for the same
			return attempts, nil
		}
	}
	return attempts, nil
}

// settle stores what came of an attempt. When it cannot, the lease runs out and the event is sent again.
func (d *Domain) settle(ctx context.Context, s *Subscription, x *Delivery, status int, sendErr error) error {
	now := d.now()
	switch {
	case status >= 200 && status < 300:
		x.State = Delivered
	case status == http.StatusGone, now.Sub(x.CreatedAt) >= giveUp:
		x.State = Dead
	default:
		x.NextAt = now.Add(pause(x.Attempts, d.cfg.Rand))
		if last := x.CreatedAt.Add(giveUp); x.NextAt.After(last) && now.Before(last) {
			x.NextAt = last // one last attempt
		}
	}
	if x.State != Pending {
		x.Body = json.RawMessage("null") // it may tell of people; the row stays so that the event is not sent again
	}
	if x.State != Delivered {
		// The address is not logged: it may have a secret in it.
		d.cfg.Logger.WarnContext(ctx, "a webhook was not delivered", "webhook", s.ID, "event", x.Event, "attempt", x.Attempts,
			"status", status, "error", reason(sendErr), "state", x.State)
	}
	if err := d.cfg.Store.UpdateDelivery(ctx, x); err != nil && !errors.Is(err, ErrConflict) {
		return fmt.Errorf("store what came of a delivery: %w", err)
	}
	return nil
}

// reason is an error of a request without its URL.
func reason(err error) string {
	if err == nil {
		return ""
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// send returns the receiver's status, or an error when it gave none in time.
func (d *Domain) send(ctx context.Context, s *Subscription, x *Delivery) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(x.Body))
	if err != nil {
		return 0, err
	}
	timestamp := strconv.FormatInt(d.cfg.Now().Unix(), 10)
	signature, err := sign(s.Secret, x.Event, timestamp, x.Body)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Coopnet-Webhook/1")
	r.Header.Set("Webhook-Id", x.Event)
	r.Header.Set("Webhook-Timestamp", timestamp)
	r.Header.Set("Webhook-Signature", signature)
	answer, err := d.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // so that the connection can be used again; the status has said it all
	return answer.StatusCode, nil
}

// sign is version 1 of Standard Webhooks: HMAC-SHA256 over id, timestamp and body, joined by dots.
func sign(secret, id, timestamp string, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return "", fmt.Errorf("decode the webhook's secret: %w", err)
	}
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "%s.%s.", id, timestamp)
	m.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil)), nil
}
