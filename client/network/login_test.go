package network

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// asked answers questions one after the other, and then gives none.
type asked struct {
	questions []Question
	answers   []Login
}

func (a *asked) ask(_ context.Context, q Question) (Login, error) {
	a.questions = append(a.questions, q)
	if len(a.questions) > len(a.answers) {
		return Login{}, ErrDeclined
	}
	return a.answers[len(a.questions)-1], nil
}

func TestWrongLogins(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	p := newProxy(t, "secret", `Digest realm="x", Basic realm="Head\"quarters"`)
	inURL := *p.url
	inURL.User = url.UserPassword("anne", "of last year")
	wrong := []Login{{"anne", "1"}, {"anne", "2"}, {"anne", "3"}, {"anne", "secret"}}
	a := &asked{answers: wrong}
	n := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return &inURL, nil }, Roots: roots, Ask: a.ask})
	var refused *ProxyError
	if _, err := get(t, n, address); !errors.Is(err, ErrLogin) || !errors.As(err, &refused) || refused.Proxy != p.url.Host {
		t.Errorf("wrong logins: %v", err)
	}
	if len(a.questions) != maxQuestions || a.questions[0].Realm != `Head"quarters` || *a.questions[0].Refused != (Login{"anne", "of last year"}) || *a.questions[2].Refused != wrong[1] {
		t.Errorf("asked %+v", a.questions)
	}
	sent := p.refused.Load()
	for range 3 { // an account is not locked by our trying again
		if _, err := get(t, n, address); !errors.Is(err, ErrLogin) {
			t.Errorf("later: %v", err)
		}
	}
	if p.refused.Load() != sent+3 || p.wrong.Load() != 4 || len(a.questions) != maxQuestions {
		t.Errorf("%d requests, %d wrong logins, %d questions", p.refused.Load(), p.wrong.Load(), len(a.questions))
	}

	// A second try is right, and is kept; when it is not right any more, the question comes again.
	a = &asked{answers: []Login{{"anne", "1"}, {"anne", "secret"}, {"anne", "new"}}}
	n = New(Config{Proxy: p.through, Roots: roots, Ask: a.ask})
	for range 2 {
		if _, err := get(t, n, address); err != nil || len(a.questions) != 2 {
			t.Errorf("right: %v after %d questions", err, len(a.questions))
		}
	}
	p.change("new")
	if _, err := get(t, n, address); err != nil || len(a.questions) != 3 || *a.questions[2].Refused != a.answers[1] {
		t.Errorf("a new password: %v, %+v", err, a.questions)
	}

	a = &asked{}
	n = New(Config{Proxy: p.through, Roots: roots, Ask: a.ask})
	for range 2 {
		if _, err := get(t, n, address); !errors.Is(err, ErrDeclined) || len(a.questions) != 1 {
			t.Errorf("nobody knows: %v after %d questions", err, len(a.questions))
		}
	}
	// A name that cannot be sent is not, and takes no question.
	a = &asked{answers: []Login{{"an:ne", "x"}, {"an:ne", "y"}, {"anne", "1"}, {"anne", "2"}, {"anne", "new"}}}
	if err := New(Config{Proxy: p.through, Roots: roots, Ask: a.ask}).Pass(t.Context(), address); err != nil || len(a.questions) != 5 {
		t.Errorf("a name with a colon: %v after %d questions", err, len(a.questions))
	}
	if a.questions[0].Colon != nil || *a.questions[2].Colon != a.answers[1] || a.questions[2].Refused != nil || a.questions[3].Colon != nil {
		t.Errorf("asked %+v", a.questions)
	}
	always := New(Config{Proxy: p.through, Roots: roots, Ask: func(context.Context, Question) (Login, error) { return Login{"an:ne", "x"}, nil }})
	if err := always.Pass(t.Context(), address); !errors.Is(err, ErrDeclined) {
		t.Errorf("always a colon: %v", err)
	}
}

// TestNobodyCouldBeAsked is not the same as that somebody declined.
func TestNobodyCouldBeAsked(t *testing.T) {
	p := newProxy(t, "secret", "Basic")
	questions, broken := 0, errors.New("no window")
	n := New(Config{Proxy: p.through, Ask: func(context.Context, Question) (Login, error) {
		questions++
		return Login{}, broken
	}})
	for range 2 {
		if err := n.Pass(t.Context(), "portal.example:443"); !errors.Is(err, ErrUnasked) || !errors.Is(err, broken) || errors.Is(err, ErrDeclined) || questions != 1 {
			t.Errorf("%v after %d questions", err, questions)
		}
	}
}

// TestStoredLogins: one that was refused is not sent again, and the person has all their tries.
func TestStoredLogins(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	p := newProxy(t, "secret", "Basic")
	old, older := Login{"anne", "old"}, Login{"anne", "older"}
	stored := func(proxy string) []Login {
		if proxy != p.url.Host {
			t.Errorf("logins for %s", proxy)
		}
		return []Login{{"an:ne", "x"}, old, older}
	}
	a := &asked{answers: []Login{{"anne", "1"}, {"anne", "2"}, {"anne", "secret"}}}
	n := New(Config{Proxy: p.through, Roots: roots, Stored: stored, Ask: a.ask})
	if err := n.Pass(t.Context(), address); err != nil || len(a.questions) != 3 || *a.questions[0].Refused != older || p.wrong.Load() != 4 {
		t.Errorf("%v, asked %+v, %d wrong logins", err, a.questions, p.wrong.Load())
	}
	// A person may insist, and is refused once more.
	p.change("other")
	a.answers = append(a.answers, old, Login{"anne", "other"})
	if err := n.Pass(t.Context(), address); err != nil || len(a.questions) != 5 || p.wrong.Load() != 6 {
		t.Errorf("%v, asked %+v, %d wrong logins", err, a.questions, p.wrong.Load())
	}
	p.change("older")
	a = &asked{}
	n = New(Config{Proxy: p.through, Roots: roots, Stored: stored, Ask: a.ask})
	for range 2 {
		if err := n.Pass(t.Context(), address); err != nil || len(a.questions) != 0 || p.wrong.Load() != 7 {
			t.Errorf("the second of two is right: %v, asked %+v, %d wrong logins", err, a.questions, p.wrong.Load())
		}
	}
}

// TestOneProvesALogin for all who wait, so that each wrong one is sent once: those in the settings as well.
func TestOneProvesALogin(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		answers []Login
		want    error
	}{
		"wrong":         {[]Login{{"anne", "1"}, {"anne", "2"}, {"anne", "3"}}, ErrLogin},
		"right at last": {[]Login{{"anne", "1"}, {"anne", "2"}, {"anne", "secret"}}, nil},
		"declined":      {[]Login{{"anne", "1"}}, ErrDeclined},
	} {
		p := newProxy(t, "secret", "Basic")
		inURL := *p.url
		inURL.User = url.UserPassword("anne", "of last year")
		a := &asked{answers: c.answers}
		n := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return &inURL, nil }, Roots: roots, Ask: a.ask})
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if err := n.Pass(t.Context(), address); !errors.Is(err, c.want) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		wrong := 1 + len(c.answers)
		if c.want == nil {
			wrong--
		}
		if int(p.wrong.Load()) != wrong {
			t.Errorf("%s: %d wrong logins, %d questions", name, p.wrong.Load(), len(a.questions))
		}
	}
}

// TestWhoProvesALoginWaitsForNobody: who waits for another's proof does so for as long as they want, and takes over.
func TestWhoProvesALoginWaitsForNobody(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	p := newProxy(t, "secret", "Basic")
	slow, sent := make(chan struct{}), make(chan struct{}, 1)
	p.hold = func(given string) {
		if given != "" {
			select {
			case sent <- struct{}{}: // the first
				<-slow
			default:
			}
		}
	}
	a := &asked{answers: []Login{{"anne", "secret"}}}
	n := New(Config{Proxy: p.through, Roots: roots, Ask: a.ask})
	first, leave := context.WithCancel(t.Context())
	ends := make(chan error, 1)
	go func() { ends <- n.Pass(first, address) }()
	until(t, func() bool { return len(sent) == 1 })
	second, hurry := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer hurry()
	if err := n.Pass(second, address); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waits: %v", err)
	}
	leave()
	if err := <-ends; err == nil {
		t.Error("who leaves has a tunnel")
	}
	if err := n.Pass(t.Context(), address); err != nil || len(a.questions) != 1 || p.wrong.Load() != 0 {
		t.Errorf("the next: %v after %d questions", err, len(a.questions))
	}
	close(slow)
}

func until(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen")
		}
	}
}

// TestAQuestionWaits: who asks waits for as long as they want, and who did not get to an answer asks again.
func TestAQuestionWaits(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	p := newProxy(t, "secret", "Basic")
	questions, release := make(chan context.Context), make(chan bool)
	n := New(Config{Proxy: p.through, Roots: roots, Ask: func(ctx context.Context, _ Question) (Login, error) {
		questions <- ctx
		select {
		case <-release:
			return Login{"anne", "secret"}, nil
		case <-ctx.Done():
			return Login{}, ctx.Err()
		}
	}})
	first, leave := context.WithCancel(t.Context())
	ends := make(chan error, 2)
	go func() { ends <- n.Pass(first, address) }()
	<-questions
	second, hurry := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer hurry()
	if err := n.Pass(second, address); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waits for another's answer: %v", err)
	}
	leave()
	if err := <-ends; !errors.Is(err, context.Canceled) {
		t.Errorf("who leaves: %v", err)
	}
	for range 2 {
		go func() { ends <- n.Pass(t.Context(), address) }()
	}
	<-questions
	release <- true
	for range 2 {
		if err := <-ends; err != nil {
			t.Errorf("the answer is for all: %v", err)
		}
	}
}

// TestALoginGoesToItsProxyOnly: not to a portal that claims to be a proxy, and not to another proxy.
func TestALoginGoesToItsProxyOnly(t *testing.T) {
	var stolen atomic.Int32
	address, roots := portal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" || r.Header.Get("Authorization") != "" {
			stolen.Add(1)
		}
		w.Header().Set("Proxy-Authenticate", `Basic realm="Headquarters"`)
		w.Header().Set("WWW-Authenticate", `Basic realm="Headquarters"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	})
	first, second := newProxy(t, "secret", "Basic"), newProxy(t, "other", "Basic")
	at := first.url
	a := &asked{answers: []Login{{"anne", "secret"}}}
	n := New(Config{Proxy: func(*url.URL) (*url.URL, error) { return at, nil }, Roots: roots, Ask: a.ask})
	if _, err := get(t, n, address); err != nil || len(a.questions) != 1 {
		t.Errorf("a portal that says 407: %v, %d questions", err, len(a.questions))
	}
	at = second.url
	n.proxies.answers = nil
	if _, err := get(t, n, address); !errors.Is(err, ErrDeclined) || second.wrong.Load() != 0 || len(a.questions) != 2 || a.questions[1].Refused != nil {
		t.Errorf("another proxy: %v, %d logins, %+v", err, second.wrong.Load(), a.questions)
	}
	if stolen.Load() != 0 {
		t.Error("the portal has the login")
	}
}

func TestLoginsAreNotPrinted(t *testing.T) {
	l := Login{"anne", "secret"}
	var log strings.Builder
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("x", "login", l, "pointer", &l, "question", Question{Refused: &l})
	text, err := json.Marshal(Question{Refused: &l})
	if err != nil {
		t.Fatal(err)
	}
	printed := log.String() + string(text) + fmt.Sprint(l, &l, []Login{l}, map[Login]bool{l: true}) + fmt.Sprintf("%v %+v %#v %s %q %x %d", l, l, l, l, l, l, l)
	if strings.Contains(printed, "anne") || strings.Contains(printed, "secret") || strings.Contains(printed, "616e6e65") {
		t.Errorf("printed: %s", printed)
	}
	// Nor are those in the settings.
	for _, server := range []string{"http://anne:secret@proxy\x7fexample:3128", "http://anne:secret@:3128", "http://anne:secret%zz@proxy.example", "anne:secret@", "ftp://anne:secret@127.0.0.1:1", "socks5://anne:secret@127.0.0.1:1"} {
		for _, find := range []func(*url.URL) (*url.URL, error){choice{server: server}.proxy, settings{server: server}.proxy} {
			err := New(Config{Proxy: find}).Pass(t.Context(), "portal.example:443")
			if !errors.Is(err, ErrSettings) || strings.Contains(err.Error(), "anne") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", server, err)
			}
		}
	}
}

// TestNothingIsAddedToARequest: an address from elsewhere is no header.
func TestNothingIsAddedToARequest(t *testing.T) {
	p := newProxy(t, "", "")
	n := New(Config{Proxy: p.through})
	for _, address := range []string{"portal.example\r\nX: y:443", "portal.example:443 HTTP/1.1", "portal\x00.example:443", "portal.example:44\t3"} {
		if conn, err := n.DialContext(t.Context(), "tcp", address); err == nil || len(p.asked) != 0 {
			t.Errorf("%q: %v, %v", address, conn, p.asked)
		}
	}
}

func TestOtherSchemes(t *testing.T) {
	address, roots := portal(t, func(http.ResponseWriter, *http.Request) {})
	for offered, want := range map[string][]string{"Negotiate, NTLM": {"Negotiate", "NTLM"}, `Digest realm="Basic realm=x", qop="auth"`: {"Digest"}, "": nil} {
		a := &asked{answers: []Login{{"anne", "x"}}}
		p := newProxy(t, "x", offered)
		err := New(Config{Proxy: p.through, Roots: roots, Ask: a.ask}).Pass(t.Context(), address)
		var refused *ProxyError
		if !errors.Is(err, ErrScheme) || !errors.As(err, &refused) || !slices.Equal(refused.Schemes, want) || len(a.questions) != 0 || p.refused.Load() != 1 {
			t.Errorf("%q: %v, %d questions", offered, err, len(a.questions))
		}
	}
}

func TestChallenges(t *testing.T) {
	for line, want := range map[string][]challenge{
		`Basic realm="Head, \"quarters\""`:             {{"Basic", `Head, "quarters"`}},
		`Basic realm=plain`:                            {{"Basic", "plain"}},
		`basic charset="UTF-8", REALM = "x" , NTLM`:    {{"basic", "x"}, {"NTLM", ""}},
		`Negotiate YIIabc==, Basic realm="x"`:          {{"Negotiate", ""}, {"Basic", "x"}},
		`NTLM TlRMTVNTUAAC, Negotiate,Basic`:           {{"NTLM", ""}, {"Negotiate", ""}, {"Basic", ""}},
		`Digest nonce="Basic realm=y", qop="a,b"`:      {{"Digest", ""}},
		`Digest realm="d", nonce=a==, Basic realm="b"`: {{"Digest", "d"}, {"Basic", "b"}},
		`, ,Basic`:                {{"Basic", ""}},
		`Basic realm="never ends`: {{"Basic", "never ends"}},
		`="x", Basic`:             nil,
		"\x00":                    nil,
		"":                        nil,
	} {
		if got := challenges(http.Header{"Proxy-Authenticate": {line}}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", line, got)
		}
	}
	got := challenges(http.Header{"Proxy-Authenticate": {"Negotiate", `Basic realm="` + strings.Repeat("x", 1000) + `"`}})
	if len(got) != 2 || len(got[1].realm) != maxRealm {
		t.Errorf("%+v", got)
	}
	if got := challenges(http.Header{"Proxy-Authenticate": {strings.Repeat("a,", 100)}}); len(got) != maxChallenges {
		t.Errorf("%d challenges", len(got))
	}
	if got := challenges(http.Header{"Proxy-Authenticate": {strings.Repeat("a", 30_000)}}); len(got) != 1 || len(got[0].scheme) != maxScheme {
		t.Errorf("a long name: %d", len(got))
	}
}

func FuzzChallenges(f *testing.F) {
	f.Add(`Negotiate YII=, Digest realm="a\"b", nonce=x, Basic realm="y"`)
	f.Fuzz(func(t *testing.T, line string) {
		all := challenges(http.Header{"Proxy-Authenticate": {line}})
		if len(all) > maxChallenges {
			t.Errorf("%d challenges", len(all))
		}
		for _, c := range all {
			if c.scheme == "" || token(c.scheme) != c.scheme || len(c.realm) > maxRealm || len(c.scheme) > maxScheme {
				t.Errorf("%+v", c)
			}
		}
	})
}
