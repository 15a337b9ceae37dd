package session

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
	"sync"
	"time"

	"github.com/coopnet/coopnet/shared/wire"
)

const (
	maxOutbox      = 64 // messages that the relay has not taken: who is so far behind has no relay
	maxSent        = 20 // messages in one request
	enoughFailures = 3  // requests in a row that fail are a lost connection
	tooSoon        = 250 * time.Millisecond
	leaveTimeout   = 2 * time.Second
)

// poll is a carrier by HTTP requests (docs/protocol.md, "The channel without a WebSocket"): one waits for the relay's
// messages, others bring ours. Both count, so that a request may be sent again whatever became of its answer.
type poll struct {
	client   *http.Client
	location string
	had      uint64 // messages of the relay that have arrived
	polls    int
	pending  []json.RawMessage
	end      *gone // after pending

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   sync.WaitGroup
	outbox chan json.RawMessage
}

func openPoll(ctx context.Context, client *http.Client, t *Ticket) (*poll, error) {
	p := &poll{client: client, outbox: make(chan json.RawMessage, maxOutbox)}
	endpoint := "http" + strings.TrimPrefix(t.Relay.Control, "ws")
	response, batch, err := p.request(ctx, http.MethodPost, endpoint, wire.Hello{Type: wire.TypeHello, Token: t.Token})
	if err != nil {
		return nil, fmt.Errorf("say hello: %w", err)
	}
	p.take(batch)
	if response.StatusCode != http.StatusCreated {
		if p.end == nil {
			p.end = &gone{}
		}
		p.end.refusal = refusal(response, nil)
		p.end.refusal.Code = batch.Code
		p.end.refusal.Detail = batch.Detail
		return nil, p.end
	}
	base, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("read the relay's address: %w", err)
	}
	location, err := base.Parse(response.Header.Get("Location"))
	if err != nil || response.Header.Get("Location") == "" {
		return nil, errors.New("say hello: the relay gave no address")
	}
	p.location = location.String()
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	p.done.Go(p.flush)
	return p, nil
}

// answer is wire.Batch, with what a problem has beside it.
type answer struct {
	wire.Batch
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *poll) request(ctx context.Context, method, address string, body any) (*http.Response, answer, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, answer{}, fmt.Errorf("render request: %w", err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return nil, answer{}, fmt.Errorf("make request: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := p.client.Do(r)
	if err != nil {
		return nil, answer{}, withoutURL(err)
	}
	defer response.Body.Close()
	text, err = io.ReadAll(io.LimitReader(response.Body, maxMessage))
	var a answer
	if err == nil && len(text) > 0 {
		err = json.Unmarshal(text, &a)
	}
	if err != nil && response.StatusCode < 300 {
		return nil, answer{}, fmt.Errorf("read the relay's answer: %w", err)
	}
	return response, a, nil
}

// take keeps what has not come before.
func (p *poll) take(a answer) {
	if known := p.had - min(a.After, p.had); known < uint64(len(a.Messages)) {
		fresh := a.Messages[known:]
		p.had += uint64(len(fresh))
		p.pending = append(p.pending, fresh...)
	}
	if a.End != nil {
		p.end = &gone{code: a.End.Code}
	}
}

func (p *poll) Receive(ctx context.Context) ([]byte, error) {
	for failures := 0; ; {
		if len(p.pending) > 0 {
			message := p.pending[0]
			p.pending = p.pending[1:]
			return message, nil
		}
		if p.end != nil {
			return nil, p.end
		}
		began := time.Now()
		p.polls++
		response, a, err := p.request(ctx, http.MethodGet, fmt.Sprintf("%s?after=%d&poll=%d", p.location, p.had, p.polls), nil)
		switch {
		case err == nil && response.StatusCode == http.StatusOK && a.After <= p.had:
			p.take(a)
			if len(p.pending) > 0 || p.end != nil {
				continue
			}
			if time.Since(began) < tooSoon { // a cache in between would answer at once, for ever
				sleep(ctx, tooSoon)
			}
			return nil, ctx.Err()
		case err == nil && response.StatusCode < 500: // the relay does not know the channel, or not from here on
			return nil, &gone{}
		}
		if failures++; failures == enoughFailures || ctx.Err() != nil {
			return nil, errors.Join(errors.New("the relay does not answer"), err, ctx.Err())
		}
		sleep(ctx, pause(failures-1, 0.5))
	}
}

func (p *poll) Send(_ context.Context, message []byte) error {
	select {
	case p.outbox <- message:
		return nil
	default:
		return errors.New("too many messages wait for the relay")
	}
}

// flush sends what is in the outbox, in order, until Close.
func (p *poll) flush() {
	var taken uint64
	for {
		var messages []json.RawMessage
		select {
		case m := <-p.outbox:
			messages = append(messages, m)
		case <-p.ctx.Done():
			return
		}
		for len(messages) < maxSent && len(p.outbox) > 0 {
			messages = append(messages, <-p.outbox)
		}
		for failures := 0; ; failures++ {
			response, _, err := p.request(p.ctx, http.MethodPost, p.location+"/messages", wire.Batch{After: taken, Messages: messages})
			if err == nil && response.StatusCode < 500 {
				break // taken; or the channel is over, which Receive tells
			}
			if !sleep(p.ctx, pause(failures, 0.5)) {
				return
			}
		}
		taken += uint64(len(messages))
	}
}

func (p *poll) Close(leaving bool) {
	p.cancel()
	p.done.Wait()
	if !leaving {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), leaveTimeout)
	defer cancel()
	_, _, _ = p.request(ctx, http.MethodDelete, p.location, nil) // the relay notices by itself that nobody asks
}

// sleep reports whether ctx still goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
