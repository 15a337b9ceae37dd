// Package x11 carries out a controller's input on an X server by the XTEST extension, and notices the key that ends the
// control.
package x11

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"github.com/coopnet/coopnet/client/input"
	"github.com/coopnet/coopnet/client/xserver"
)

// Injector presses keys and buttons of the X server's own test devices.
type Injector struct {
	conn   *xgb.Conn
	root   xproto.Window
	ground input.Ground // nil is anywhere
	stale  atomic.Bool  // the keyboard's mapping has changed
	pumped sync.WaitGroup

	mu      sync.Mutex // guards what follows
	held    input.Held
	notches input.Notches
	layout  layout
	spares  spares
	closed  bool
}

var _ input.Injector = (*Injector)(nil)

// Open connects to a display ("" is that of the environment). Nothing is injected where the ground says so; it may be nil.
// If only is not 0, nothing is injected but into that window and into what it opens: its dialogs and menus.
func Open(display string, only uint32, ground input.Ground) (*Injector, error) {
	conn, err := xserver.Dial(display)
	if err != nil {
		return nil, fmt.Errorf("connect to the X server: %w", err)
	}
	if !xserver.Has(conn, xserver.Test) {
		conn.Close()
		return nil, errors.New("the X server lets nobody inject input: it has no XTEST extension")
	}
	i := &Injector{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, ground: ground, spares: spares{now: time.Now}}
	if only != 0 {
		beside, err := newBeside(conn, i.root, xproto.Window(only))
		if err != nil {
			conn.Close()
			return nil, err
		}
		i.held.Narrow, i.ground = true, beside
		if ground != nil {
			i.ground = input.Grounds{ground, beside}
		}
	}
	i.stale.Store(true)
	i.pumped.Go(i.pump)
	return i, nil
}

// pump takes the events that every client gets: news of the keyboard's mapping.
func (i *Injector) pump() {
	for {
		event, err := i.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if _, ok := event.(xproto.MappingNotifyEvent); ok {
			i.stale.Store(true)
		}
	}
}

// Inject implements input.Injector.
func (i *Injector) Inject(e input.Event, within image.Rectangle) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return errors.New("inject input: the injector is closed")
	}
	do, err := i.held.Admit(e, within, i.ground)
	if err != nil || do == input.Nothing {
		return err
	}
	if e.Pointed() && do == input.Whole {
		i.move(e.Point(within))
	}
	switch e.Kind {
	case input.Wheel:
		i.turn(i.notches.Turn(e.DX, e.DY))
	case input.Text:
		return i.write(e.Text)
	case input.KeyDown:
		return i.key(e)
	default:
		i.carryOut(e)
	}
	return nil
}

// key presses a key. Those that are no modifiers are let go at once: the server would repeat them for as long as they are
// down, however long the controller is not heard any more. The controller's own keyboard repeats.
func (i *Injector) key(e input.Event) error {
	if input.IsModifier(e.Code) {
		i.carryOut(e)
		return nil
	}
	keycode := keycode(e.Code)
	if e.Text != "" && i.commands() {
		if err := i.refresh(); err != nil {
			return err
		}
		// What is printed on the keys counts for a command: Ctrl+Z is another key on another keyboard.
		if s, found := i.layout.plain([]rune(e.Text)[0]); found {
			keycode = s.keycode
		}
	}
	i.tap(keycode)
	return nil
}

// commands reports whether the controller holds what makes a command of a letter.
func (i *Injector) commands() bool {
	return slices.ContainsFunc([]string{"ControlLeft", "ControlRight", "AltLeft", "MetaLeft", "MetaRight"}, i.held.Has)
}

// carryOut does what needs no thought: pressing and letting go.
func (i *Injector) carryOut(e input.Event) {
	switch e.Kind {
	case input.Down:
		i.fake(xproto.ButtonPress, button(e.Button))
	case input.Up:
		i.fake(xproto.ButtonRelease, button(e.Button))
	case input.KeyDown:
		i.fake(xproto.KeyPress, keycode(e.Code))
	case input.KeyUp:
		if input.IsModifier(e.Code) { // others are up already
			i.fake(xproto.KeyRelease, keycode(e.Code))
		}
	}
}

// button is the X server's number of a button of MouseEvent.button. 4 to 7 are the wheel.
func button(n int) byte {
	return [...]byte{1, 2, 3, 8, 9}[n]
}

func (i *Injector) move(p image.Point) {
	xtest.FakeInput(i.conn, xproto.MotionNotify, 0, 0, i.root, int16(p.X), int16(p.Y), 0)
}

func (i *Injector) fake(kind, detail byte) {
	xtest.FakeInput(i.conn, kind, detail, 0, i.root, 0, 0, 0)
}

func (i *Injector) tap(keycode byte) {
	i.fake(xproto.KeyPress, keycode)
	i.fake(xproto.KeyRelease, keycode)
}

func (i *Injector) turn(x, y int) {
	const up, down, left, right = 4, 5, 6, 7
	click := func(n int, less, more byte) {
		which := more
		if n < 0 {
			n, which = -n, less
		}
		for range n { // input.MaxNotches bounds it
			i.fake(xproto.ButtonPress, which)
			i.fake(xproto.ButtonRelease, which)
		}
	}
	click(y, up, down)
	click(x, left, right)
}

// write types characters, whatever modifiers the controller holds: they are let go meanwhile.
func (i *Injector) write(s string) error {
	if err := i.refresh(); err != nil {
		return err
	}
	pointer, err := xproto.QueryPointer(i.conn, i.root).Reply()
	if err != nil {
		return fmt.Errorf("ask for the state of the keyboard: %w", err)
	}
	group := int(pointer.Mask >> 13 & 3)
	if wait := i.wait(s, group); wait > 0 {
		return &input.Later{After: wait}
	}
	var modifiers []string
	for _, code := range i.held.Keys() {
		if input.IsModifier(code) {
			modifiers = append(modifiers, code)
		}
	}
	for _, code := range slices.Backward(modifiers) {
		i.carryOut(input.Event{Kind: input.KeyUp, Code: code})
	}
	capsLock, locked := i.layout.find(symCapsLock, 0)
	locked = locked && pointer.Mask&xproto.ModMaskLock != 0
	if locked {
		i.tap(capsLock.keycode)
	}
	for _, r := range s {
		if err = i.character(r, group); err != nil {
			break
		}
	}
	if locked {
		i.tap(capsLock.keycode)
	}
	for _, code := range modifiers {
		i.carryOut(input.Event{Kind: input.KeyDown, Code: code})
	}
	return errors.Join(err, i.settle())
}

// character types one, in the group of the layout that is in force.
func (i *Injector) character(r rune, group int) error {
	s, found := i.layout.character(r, group)
	if !found {
		var err error
		if s, err = i.bind(symbols(r)[0]); err != nil {
			return err
		}
	}
	i.spares.used(s.keycode)
	var with []byte
	if s.shift {
		with = append(with, i.layout.shift)
	}
	if s.level3 {
		with = append(with, i.layout.level3)
	}
	for _, keycode := range with {
		i.fake(xproto.KeyPress, keycode)
	}
	i.tap(s.keycode)
	for _, keycode := range slices.Backward(with) {
		i.fake(xproto.KeyRelease, keycode)
	}
	return nil
}

// refresh reads the keyboard's mapping again if it has changed: people switch layouts.
func (i *Injector) refresh() error {
	if !i.stale.Swap(false) {
		return nil
	}
	setup := xproto.Setup(i.conn)
	count := byte(setup.MaxKeycode - setup.MinKeycode + 1)
	mapping, err := xproto.GetKeyboardMapping(i.conn, setup.MinKeycode, count).Reply()
	if err != nil {
		i.stale.Store(true)
		return fmt.Errorf("read the mapping of the keyboard: %w", err)
	}
	i.layout = newLayout(byte(setup.MinKeycode), int(mapping.KeysymsPerKeycode), mapping.Keysyms)
	i.spares.offer(i.layout.unused())
	return nil
}

// settle waits until the server has done everything.
func (i *Injector) settle() error {
	if _, err := xproto.GetInputFocus(i.conn).Reply(); err != nil {
		return fmt.Errorf("wait for the X server: %w", err)
	}
	return nil
}

// Release implements input.Injector.
func (i *Injector) Release() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return nil
	}
	return i.release()
}

func (i *Injector) release() error {
	for _, e := range i.held.Clear() {
		i.carryOut(e)
	}
	i.notches = input.Notches{}
	return i.settle()
}

// Close implements input.Injector.
func (i *Injector) Close() error {
	i.mu.Lock()
	if i.closed {
		i.mu.Unlock()
		return nil
	}
	i.closed = true
	err := errors.Join(i.release(), i.unbind())
	i.mu.Unlock()

	i.conn.Close()
	i.pumped.Wait()
	return err
}
