package standalone_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/functions/store/storetest"
	"github.com/coopnet/coopnet/shared/wire"
	"github.com/coopnet/coopnet/standalone"
)

// live is somebody who is inside, on the relay.
type live struct {
	t    *testing.T
	conn *websocket.Conn
	said int
}

func enter(t *testing.T, s seat) *live {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), s.Relay.Control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	l := &live{t: t, conn: conn}
	l.send(wire.Hello{Type: wire.TypeHello, Token: s.Token})
	l.hear(wire.TypeRoomState)
	return l
}

func (l *live) send(message any) {
	l.t.Helper()
	text, err := json.Marshal(message)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := l.conn.Write(l.t.Context(), websocket.MessageText, text); err != nil {
		l.t.Fatal(err)
	}
}

// untouched shows that the conference goes on: a status reaches the room and comes back from it.
func (l *live) untouched() {
	l.t.Helper()
	l.said++
	status := []string{"away", "hand"}[l.said%2]
	l.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: status})
	l.hear(wire.TypeUpdated)
}

func (l *live) hear(want wire.Type) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 5*time.Second)
	defer cancel()
	for {
		_, frame, err := l.conn.Read(ctx)
		if err != nil {
			l.t.Fatalf("the live conference, waiting for %s: %v", want, err)
		}
		if kind, err := wire.TypeOf(frame); err == nil && kind == want {
			return
		}
	}
}

// within is an error when call takes longer than every answer may.
func within(what string, call func() error) error {
	began := time.Now()
	err := call()
	if took := time.Since(began); took > 2*time.Second {
		err = errors.Join(err, fmt.Errorf("it took %v", took))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// recovers waits for the moment when call succeeds again: within five seconds.
func recovers(t *testing.T, what string, call func() error) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := call()
		if err == nil {
			return
		}
		if time.Since(began) > 5*time.Second {
			t.Fatalf("%s, five seconds later: %v", what, err)
		}
	}
}

// TestTheDatabaseIsLocked: another process holds the database. What writes is refused in time, who is inside notices
// nothing, who was here before gets in, and everybody else once it is over.
func TestTheDatabaseIsLocked(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, "coopnet", data)
	meetings := announce(t, s, 1)
	guest, late := newCaller(s.API, meetings[0].address), newCaller(s.API, meetings[0].address)
	defer guest.close()
	defer late.close()
	first, err := guest.join(t.Context(), meetings[0].password)
	if err != nil {
		t.Fatal(err)
	}
	inside := enter(t, first)
	inside.untouched()

	other, err := sql.Open("sqlite", filepath.Join(data, standalone.DatabaseFile))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	organizer := s.organizer()
	defer organizer.close()
	for range 2 {
		var asking sync.WaitGroup
		for what, call := range map[string]func() error{
			"an identity": func() error { return refused(late.identify(t.Context()), http.StatusServiceUnavailable) },
			"a conference": func() error {
				body := map[string]string{"name": "New", "password": "correct horse"}
				return refused(organizer.call(t.Context(), "POST", "/conferences", body, nil), http.StatusServiceUnavailable)
			},
			"the list": func() error { return organizer.call(t.Context(), "GET", "/conferences", nil, nil) },
			"a token":  func() error { _, err := guest.token(t.Context()); return err },
		} {
			asking.Go(func() {
				if err := within(what, call); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		inside.untouched()
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	recovers(t, "joining", func() error { _, err := late.join(t.Context(), meetings[0].password); return err })
	s.stop(t)
}

// TestTheDiskIsFull: what stores something is refused and says so; reading, joining and the live conference go on; and
// once there is space all of it works again by itself.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=40m"); err != nil {
		t.Skipf("a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	s := startServer(t, "coopnet", filepath.Join(disk, "data"))
	t.Cleanup(s.kill) // before the disk is taken away
	meetings := announce(t, s, 2)
	guest, late := newCaller(s.API, meetings[0].address), newCaller(s.API, meetings[0].address)
	defer guest.close()
	defer late.close()
	first, err := guest.join(t.Context(), meetings[0].password)
	if err != nil {
		t.Fatal(err)
	}
	inside := enter(t, first)
	another := newCaller(s.API, meetings[1].address)
	defer another.close()
	if err := another.identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	free := storetest.FillDisk(t, disk)
	full := errors.New("no write was refused")
	for range 1900 { // what the database has already got is used first
		if full = late.identify(t.Context()); full != nil {
			break
		}
	}
	if err := refused(full, http.StatusInsufficientStorage); err != nil {
		t.Fatal(err)
	}
	organizer := s.organizer()
	defer organizer.close()
	for what, call := range map[string]func() error{
		"an identity": func() error { return refused(late.identify(t.Context()), http.StatusInsufficientStorage) },
		"a conference": func() error {
			body := map[string]string{"name": "New", "password": "correct horse"}
			return refused(organizer.call(t.Context(), "POST", "/conferences", body, nil), http.StatusInsufficientStorage)
		},
		"a report": func() error {
			body := map[string]any{"size": 1, "sha256": fmt.Sprintf("%064d", 0), "summary": map[string]any{}}
			return refused(late.call(t.Context(), "POST", "/diagnostics", body, nil), http.StatusInsufficientStorage)
		},
		"the list":   func() error { return organizer.call(t.Context(), "GET", "/conferences", nil, nil) },
		"a token":    func() error { _, err := guest.token(t.Context()); return err },
		"the portal": func() error { return late.call(t.Context(), "GET", "/site", nil, nil) },
		"a way out":  func() error { return late.call(t.Context(), "DELETE", "/identity", nil, nil) },
		"a conference that nobody has come to yet": func() error {
			if err := another.call(t.Context(), "POST", "/admissions", meetings[1].password, nil); err != nil {
				return err
			}
			_, err := another.token(t.Context())
			return err
		},
	} {
		if err := within(what, call); err != nil {
			t.Error(err)
		}
		inside.untouched()
	}
	free()
	recovers(t, "joining", func() error { _, err := late.join(t.Context(), meetings[1].password); return err })
	s.stop(t)
}
