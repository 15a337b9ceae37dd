package provider

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// memory keeps one document of the provider. What was read last stays good while the provider does not answer.
type memory[T any] struct {
	now   func() time.Time
	fetch func(ctx context.Context) (T, error)

	mu       sync.Mutex
	value    T
	err      error         // of the last try
	readAt   time.Time     // of value; zero: there is none
	failedAt time.Time     // of err
	asking   chan struct{} // closed when the question that is under way is answered; nil: none is
}

// failRetry is how long a question that failed is not asked again.
const failRetry = 5 * time.Second

func newMemory[T any](now func() time.Time, fetch func(context.Context) (T, error)) *memory[T] {
	return &memory[T]{now: now, fetch: fetch}
}

// get returns what is known, read again when it is older than age. With an error the value is what was known before, or
// nothing. One caller asks; those who come meanwhile wait for its answer, unless they are content with what is known.
func (m *memory[T]) get(ctx context.Context, age time.Duration, content bool) (T, error) {
	m.mu.Lock()
	now := m.now()
	known := !m.readAt.IsZero()
	switch {
	case known && now.Sub(m.readAt) < age:
		defer m.mu.Unlock()
		return m.value, nil
	case m.err != nil && now.Sub(m.failedAt) < failRetry, known && content && m.asking != nil:
		defer m.mu.Unlock()
		return m.value, m.err
	case m.asking != nil:
		asking := m.asking
		m.mu.Unlock()
		return m.wait(ctx, asking)
	}
	m.asking = make(chan struct{})
	m.mu.Unlock()
	return m.ask(ctx)
}

func (m *memory[T]) wait(ctx context.Context, asking chan struct{}) (T, error) {
	select {
	case <-asking:
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.value, m.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func (m *memory[T]) ask(ctx context.Context) (T, error) {
	// The answer is everybody's: it must not end with the one request that asked.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	value, err := m.value, errors.New("the question was not finished")
	defer func() { // whatever becomes of the question, nobody waits for ever
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.err = err; err == nil {
			m.value, m.readAt = value, m.now()
		} else {
			m.failedAt = m.now()
		}
		close(m.asking)
		m.asking = nil
	}()
	fetched, err := m.fetch(ctx)
	if err == nil {
		value = fetched
	}
	return value, err
}

// maxDocument bounds every answer of the provider.
const maxDocument = 512 << 10

// bounded cuts bodies: a document that is cut is no JSON, and refused.
type bounded struct{ via http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.via.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxDocument), resp.Body}
	return resp, nil
}
