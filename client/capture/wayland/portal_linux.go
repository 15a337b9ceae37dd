package wayland

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// Names of the portal: https://flatpak.github.io/xdg-desktop-portal, versions 1 to 5 of ScreenCast.
const (
	portalName   = "org.freedesktop.portal.Desktop"
	portalPath   = "/org/freedesktop/portal/desktop"
	screenCast   = "org.freedesktop.portal.ScreenCast"
	requestIface = "org.freedesktop.portal.Request"
	sessionIface = "org.freedesktop.portal.Session"

	busIface = "org.freedesktop.DBus" // its name, too
)

// Kinds of sources, and what can be done about the pointer.
const (
	monitors = 1
	windows  = 2

	pointerHidden   = 1
	pointerEmbedded = 2
)

// cancelled is an answer to a request; 0 is a yes.
const cancelled = 1

// answering is how long the portal has for what asks nobody. It may only be starting.
const answering = 20 * time.Second

var (
	errRefused = errors.New("the user has refused")
	errClosed  = errors.New("the desktop has ended the session")
	errAddress = errors.New("the session bus is no socket of this computer")
)

// portal is one session with the desktop's portal, on a connection of its own: when that ends, so does the session.
type portal struct {
	conn   *dbus.Conn
	object dbus.BusObject
	able   ability
	path   dbus.ObjectPath // of the session
	closed chan struct{}   // by the user, in the desktop's own indicator, or because the desktop is gone
	ended  sync.Once

	mu      sync.Mutex // guards what follows
	owner   string     // who the portal is: the unique name of its connection
	tokens  int
	waiting map[dbus.ObjectPath]chan response
}

// ability is what the portal knows.
type ability struct{ version, sources, pointer uint32 }

// response is what the user, or the desktop, says to a request.
type response struct {
	code    uint32
	results map[string]dbus.Variant
}

// granted is what the user lets us see.
type granted struct {
	node   uint32
	window bool
	bounds image.Rectangle // of a screen, as far as it is told
}

// connect reaches the portal of a bus, and finds out what it knows.
func connect(ctx context.Context, address string) (*portal, error) {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	p := &portal{closed: make(chan struct{}), waiting: map[dbus.ObjectPath]chan response{}}
	address, err := local(address)
	if err != nil {
		return nil, err
	}
	if p.conn, err = dbus.Dial(address, dbus.WithSignalHandler(signals{p})); err != nil {
		return nil, fmt.Errorf("reach the session bus: %w", err)
	}
	// Signing in takes no context: it ends with the connection.
	stop := context.AfterFunc(ctx, func() { _ = p.conn.Close() })
	err = p.begin(ctx)
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// local are the addresses of a list that lead to sockets of this computer, which are reached at once or not at all. No other could
// hand out the connection to PipeWire.
func local(addresses string) (string, error) {
	var sockets []string
	for address := range strings.SplitSeq(addresses, ";") {
		if strings.HasPrefix(address, "unix:") {
			sockets = append(sockets, address)
		}
	}
	if sockets == nil {
		return "", errAddress
	}
	return strings.Join(sockets, ";"), nil
}

func (p *portal) begin(ctx context.Context) (err error) {
	if err := p.conn.Auth(nil); err != nil {
		return fmt.Errorf("sign in to the session bus: %w", err)
	}
	if err := p.conn.Hello(); err != nil {
		return fmt.Errorf("greet the session bus: %w", err)
	}
	p.object = p.conn.Object(portalName, portalPath)
	if p.able.version, err = p.number(ctx, "version"); err != nil { // the bus starts the portal for it
		return fmt.Errorf("ask the desktop for its ScreenCast portal: %w", err)
	}
	if err := p.hear(ctx); err != nil {
		return fmt.Errorf("listen to the portal: %w", err)
	}
	if p.able.sources, err = p.number(ctx, "AvailableSourceTypes"); err != nil {
		return fmt.Errorf("ask what can be shared: %w", err)
	}
	if p.able.version >= 2 {
		if p.able.pointer, err = p.number(ctx, "AvailableCursorModes"); err != nil {
			return fmt.Errorf("ask about the pointer: %w", err)
		}
	}
	if p.able.sources &= monitors | windows; p.able.sources == 0 {
		return errors.New("the desktop's portal knows nothing that can be shared")
	}
	return nil
}

// hear listens to whoever is the portal now, and to nobody else: any program of the session may send a signal.
func (p *portal) hear(ctx context.Context) error {
	if err := p.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(busIface), dbus.WithMatchInterface(busIface), dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, portalName)); err != nil {
		return err
	}
	var owner string
	if err := p.conn.BusObject().CallWithContext(ctx, busIface+".GetNameOwner", 0, portalName).Store(&owner); err != nil {
		return err
	}
	p.mu.Lock()
	p.owner = owner
	p.mu.Unlock()
	p.object = p.conn.Object(owner, portalPath)
	for iface, member := range map[string]string{requestIface: "Response", sessionIface: "Closed"} {
		if err := p.conn.AddMatchSignalContext(ctx, dbus.WithMatchSender(owner), dbus.WithMatchInterface(iface), dbus.WithMatchMember(member)); err != nil {
			return err
		}
	}
	return nil
}

// number asks for a property.
func (p *portal) number(ctx context.Context, property string) (n uint32, err error) {
	var v dbus.Variant
	if err := p.object.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, screenCast, property).Store(&v); err != nil {
		return 0, err
	}
	return n, v.Store(&n)
}

// close ends the session, and what waits for it.
func (p *portal) close() error { return p.conn.Close() }

// signals takes them from the connection, one after the other; nothing waits here.
type signals struct{ *portal }

var _ interface {
	dbus.SignalHandler
	dbus.Terminator
} = signals{}

// DeliverSignal believes the portal and the bus, whose names nobody else can sign with. The rules of hear are not enough: what is sent to
// us alone arrives without any.
func (p signals) DeliverSignal(_, _ string, s *dbus.Signal) {
	switch {
	case s.Sender == busIface:
		if s.Name == busIface+".NameOwnerChanged" && len(s.Body) == 3 && s.Body[0] == portalName {
			p.end() // the session was that of the portal before
		}
	case !p.isPortal(s.Sender):
	case s.Name == requestIface+".Response" && len(s.Body) == 2:
		code, ok := s.Body[0].(uint32)
		results, all := s.Body[1].(map[string]dbus.Variant)
		if ok && all {
			p.answer(s.Path, response{code, results})
		}
	case s.Name == sessionIface+".Closed" && p.isSession(s.Path):
		p.end()
	}
}

// Terminate hears that the connection has ended.
func (p signals) Terminate() { p.end() }

func (p *portal) end() { p.ended.Do(func() { close(p.closed) }) }

func (p *portal) isPortal(sender string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.owner != "" && p.owner == sender
}

func (p *portal) isSession(path dbus.ObjectPath) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.path != "" && p.path == path
}

func (p *portal) answer(path dbus.ObjectPath, r response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ch := p.waiting[path]; ch != nil {
		ch <- r // it has room for the one answer
		delete(p.waiting, path)
	}
}

// expect names the next request, and listens for its answer before it is made.
func (p *portal) expect() (token string, path dbus.ObjectPath, answers <-chan response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
	token = fmt.Sprintf("coopnet%d", p.tokens)
	sender := strings.ReplaceAll(strings.TrimPrefix(p.conn.Names()[0], ":"), ".", "_")
	path = dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	ch := make(chan response, 1)
	p.waiting[path] = ch
	return token, path, ch
}

// request asks for something, and waits for what is said to it: errRefused, errClosed.
func (p *portal) request(ctx context.Context, method string, options map[string]any, arguments ...any) (map[string]dbus.Variant, error) {
	token, expected, answers := p.expect()
	variants := map[string]dbus.Variant{"handle_token": dbus.MakeVariant(token)}
	for name, value := range options {
		variants[name] = dbus.MakeVariant(value)
	}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waiting, expected)
	}()
	var path dbus.ObjectPath
	if err := p.object.CallWithContext(ctx, screenCast+"."+method, 0, append(arguments, variants)...).Store(&path); err != nil {
		return nil, err
	}
	if path != expected {
		return nil, fmt.Errorf("the portal is too old: its request is %s", path)
	}
	select {
	case r := <-answers:
		switch r.code {
		case 0:
			return r.results, nil
		case cancelled:
			return nil, errRefused
		}
		return nil, fmt.Errorf("the desktop has ended the request %s (%d)", method, r.code)
	case <-p.closed:
		return nil, errClosed
	case <-ctx.Done():
		// The question is taken away from the user, whether the desktop hears it or not.
		p.conn.Object(p.object.Destination(), path).Go(requestIface+".Close", dbus.FlagNoReplyExpected, nil)
		return nil, ctx.Err()
	}
}

// ask has the desktop ask the user what to share.
func (p *portal) ask(ctx context.Context) (granted, error) {
	if err := p.open(ctx); err != nil {
		return granted{}, err
	}
	results, err := p.request(ctx, "Start", nil, p.path, "") // it waits as long as the user does
	if err != nil {
		return granted{}, fmt.Errorf("ask what to share: %w", err)
	}
	return grantedBy(results)
}

// open makes a session.
func (p *portal) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	results, err := p.request(ctx, "CreateSession", map[string]any{"session_handle_token": "coopnet"})
	if err != nil {
		return fmt.Errorf("make a session: %w", err)
	}
	path, ok := results["session_handle"].Value().(string) // not an object's path, "for historical reasons"
	if !ok {
		return errors.New("make a session: the portal has not named it")
	}
	p.mu.Lock()
	p.path = dbus.ObjectPath(path)
	p.mu.Unlock()
	options := map[string]any{"types": p.able.sources, "multiple": false}
	if p.able.version >= 2 {
		options["cursor_mode"] = uint32(pointerHidden)
		if p.able.pointer&pointerEmbedded != 0 {
			options["cursor_mode"] = uint32(pointerEmbedded)
		}
	}
	if _, err := p.request(ctx, "SelectSources", options, p.path); err != nil {
		return fmt.Errorf("say what can be shared: %w", err)
	}
	return nil
}

// grantedBy reads the answer to Start.
func grantedBy(results map[string]dbus.Variant) (granted, error) {
	var streams []struct {
		Node       uint32
		Properties map[string]dbus.Variant
	}
	if !stored(results, "streams", &streams) || len(streams) == 0 {
		return granted{}, errors.New("the desktop has handed out no stream")
	}
	g := granted{node: streams[0].Node}
	properties := streams[0].Properties
	if kind, ok := properties["source_type"].Value().(uint32); ok {
		g.window = kind == windows
	}
	var at, size struct{ X, Y int32 }
	if !g.window && stored(properties, "position", &at) && stored(properties, "size", &size) {
		g.bounds = image.Rect(int(at.X), int(at.Y), int(at.X)+int(size.X), int(at.Y)+int(size.Y))
	}
	return g, nil
}

// stored reads something that may not be there, or may be something else.
func stored(properties map[string]dbus.Variant, name string, to any) bool {
	v, ok := properties[name]
	return ok && v.Value() != nil && v.Store(to) == nil
}

// remote is a connection to PipeWire that sees what was granted, and nothing else.
func (p *portal) remote(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	var fd dbus.UnixFD
	if err := p.object.CallWithContext(ctx, screenCast+".OpenPipeWireRemote", 0, p.path, map[string]dbus.Variant{}).Store(&fd); err != nil {
		return 0, fmt.Errorf("open the way to PipeWire: %w", err)
	}
	return int(fd), nil
}
