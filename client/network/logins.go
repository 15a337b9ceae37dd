package network

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
)

const (
	maxQuestions = 3 // for one proxy's login, until one is accepted
	maxSlips     = 20
)

// logins are the names and passwords for proxies. Each goes to its own proxy, and one that was refused goes nowhere any more,
// unless a person types it again: a few wrong ones lock an account in many companies.
type logins struct {
	stored func(proxy string) []Login
	ask    func(ctx context.Context, q Question) (Login, error)
	asking chan struct{} // holds one while somebody is asked

	mu sync.Mutex
	of map[string]*credentials // by proxy
}

// credentials are what is known for one proxy. The mutex of logins guards all but proving.
type credentials struct {
	proving chan struct{} // holds one while a dial finds out whether a login is accepted, or asks for one: the others wait

	accepted  *Login // by the proxy, and not refused since
	found     *Login // stored, or answered; nobody knows yet whether it is accepted
	refused   map[Login]bool
	latest    *Login // of those
	questions int    // since a login was accepted
	unasked   error  // why nobody is asked any more
}

func newLogins(cfg Config) *logins {
	return &logins{stored: cfg.Stored, ask: cfg.Ask, asking: make(chan struct{}, 1), of: map[string]*credentials{}}
}

// begin is a dial's way through the logins for a proxy; it has to be ended.
func (l *logins) begin(proxy *url.URL) *signing {
	key := proxy.Scheme + "://" + hostPort(proxy)
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.of[key]
	if c == nil {
		c = &credentials{proving: make(chan struct{}, 1), refused: map[Login]bool{}}
		l.of[key] = c
	}
	return &signing{logins: l, proxy: proxy, c: c}
}

// signing is one dial's, for one goroutine.
type signing struct {
	logins *logins
	proxy  *url.URL
	c      *credentials
	proves bool // holds c.proving
}

// end lets the next dial prove what this one has not.
func (s *signing) end() {
	if s.proves {
		s.proves = false
		<-s.c.proving
	}
}

// prove waits until no other dial finds out whether a login is accepted.
func (s *signing) prove(ctx context.Context) error {
	if s.proves {
		return nil
	}
	select {
	case s.c.proving <- struct{}{}:
		s.proves = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// first is the login to begin with, or nil.
func (s *signing) first(ctx context.Context) (*Login, error) {
	if login, proven := s.known(); proven || login == nil {
		return login, nil
	}
	return s.wait(ctx)
}

// wait is the login that is known once nobody proves one any more, or nil.
func (s *signing) wait(ctx context.Context) (*Login, error) {
	if err := s.prove(ctx); err != nil {
		return nil, err
	}
	login, proven := s.known()
	if proven {
		s.end()
	}
	return login, nil
}

// known is a login that is accepted (proven), or that may be: what was found, or what stands in the proxy's URL.
func (s *signing) known() (login *Login, proven bool) {
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	c := s.c
	switch {
	case c.accepted != nil:
		return c.accepted, true
	case c.found != nil:
		return c.found, false
	case s.proxy.User == nil:
		return nil, false
	}
	password, _ := s.proxy.User.Password()
	if inURL := (Login{s.proxy.User.Username(), password}); c.usable(inURL) {
		return &inURL, false
	}
	return nil, false
}

func (c *credentials) usable(login Login) bool { return login.possible() && !c.refused[login] }

// worked: the proxy has taken this one, if there was any.
func (s *signing) worked(login *Login) {
	if login == nil {
		return
	}
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	delete(s.c.refused, *login)
	s.c.accepted, s.c.found, s.c.latest, s.c.questions = login, nil, nil, 0
}

// next finds another login than the one that was refused. Of several who need one, one finds and proves it, and the others take it.
func (s *signing) next(ctx context.Context, realm string, refused *Login) (*Login, error) {
	s.refuse(refused)
	login, err := s.wait(ctx)
	if login != nil || err != nil {
		return login, err
	}
	stored := s.logins.stored(s.proxy.Host)
	if login := s.take(stored); login != nil {
		return login, nil
	}
	return s.question(ctx, realm)
}

func (s *signing) refuse(login *Login) {
	if login == nil {
		return
	}
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	c := s.c
	c.refused[*login], c.latest = true, login
	if c.accepted != nil && *c.accepted == *login {
		c.accepted = nil
	}
	if c.found != nil && *c.found == *login {
		c.found = nil
	}
}

// take chooses one that the proxy has not refused.
func (s *signing) take(stored []Login) *Login {
	s.logins.mu.Lock()
	defer s.logins.mu.Unlock()
	for _, login := range stored {
		if s.c.usable(login) {
			s.c.found = &login
			return &login
		}
	}
	return nil
}

// question asks for a login, unless that has been in vain.
func (s *signing) question(ctx context.Context, realm string) (*Login, error) {
	l := s.logins
	select {
	case l.asking <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-l.asking }()
	q := Question{Proxy: s.proxy.Host, Realm: realm}
	l.mu.Lock()
	q.Refused = s.c.latest
	err := s.c.unasked
	if err == nil && s.c.questions == maxQuestions {
		err = ErrLogin
	}
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	answer, err := l.answer(ctx, q)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err() // nobody has answered
	case err != nil:
		s.c.unasked = err // once is enough
		return nil, err
	}
	s.c.questions++
	delete(s.c.refused, *answer) // perhaps the proxy was wrong
	s.c.found = answer
	return answer, nil
}

// answer asks until the answer can be sent.
func (l *logins) answer(ctx context.Context, q Question) (*Login, error) {
	for range maxSlips {
		answer, err := l.ask(ctx, q)
		switch {
		case errors.Is(err, ErrDeclined):
			return nil, ErrDeclined
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUnasked, err)
		case answer.possible():
			return &answer, nil
		}
		q.Colon = &answer
	}
	return nil, ErrDeclined
}
