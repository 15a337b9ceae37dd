package windows

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"
	"unicode/utf16"
	"unsafe"

	"github.com/coopnet/coopnet/client/input"
)

// Injector calls SendInput, which needs no rights but reaches no window of a program that runs as administrator.
type Injector struct {
	ground input.Ground // nil is anywhere
	user   *user

	mu     sync.Mutex // guards what follows
	held   input.Held
	closed bool
}

var _ input.Injector = (*Injector)(nil)

// Open prepares the injection. Nothing is injected where the ground says so; it may be nil. If only is not 0, nothing is
// injected but into that window and into what it opens: its dialogs and menus. The process must be aware of the screens'
// scales, or the pointer misses.
func Open(only uintptr, ground input.Ground) (*Injector, error) {
	i := &Injector{ground: ground, user: newUser()}
	if err := i.user.find(); err != nil {
		return nil, fmt.Errorf("prepare to inject input: %w", err)
	}
	if only != 0 {
		i.held.Narrow = true
		i.ground = beside{i.user, only}
		if ground != nil {
			i.ground = input.Grounds{ground, i.ground}
		}
	}
	return i, nil
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
	var records []record
	if e.Pointed() && do == input.Whole {
		records = append(records, moveTo(e.Point(within), i.desktop()))
	}
	if err := i.send(append(records, i.records(e)...)); err != nil {
		i.held.Keep(e) // what was not let go is still pressed
		return err
	}
	return nil
}

// records are what an event is without its movement.
func (i *Injector) records(e input.Event) []record {
	switch {
	case e.Kind == input.Text:
		return i.write(e.Text)
	case e.Kind == input.KeyDown && e.Text != "" && i.commands():
		// What is printed on the keys counts for a command: Ctrl+Z is another key on another keyboard.
		if scan, found := i.user.plain([]rune(e.Text)[0]); found {
			i.held.Admit(input.Event{Kind: input.KeyUp, Code: e.Code}, image.Rectangle{}, nil) // it is pressed and let go at once
			return []record{keyboard(scan, flagScan), keyboard(scan, flagScan|flagKeyUp)}
		}
	}
	return carryOut(e)
}

// commands reports whether the controller holds what makes a command of a letter.
func (i *Injector) commands() bool {
	return slices.ContainsFunc([]string{"ControlLeft", "ControlRight", "AltLeft", "MetaLeft", "MetaRight"}, i.held.Has)
}

// desktop is the rectangle around all screens.
func (i *Injector) desktop() image.Rectangle {
	const x, y, width, height = 76, 77, 78, 79 // SM_XVIRTUALSCREEN and so on
	metric := func(index uintptr) int {
		return int(int32(i.user.call(i.user.metrics, index)))
	}
	from := image.Pt(metric(x), metric(y))
	return image.Rectangle{Min: from, Max: from.Add(image.Pt(metric(width), metric(height)))}
}

// write types characters as such, whatever the layout. Modifiers that the controller holds are let go meanwhile.
func (i *Injector) write(s string) []record {
	var records []record
	var modifiers []string
	for _, code := range i.held.Keys() {
		if input.IsModifier(code) {
			modifiers = append(modifiers, code)
		}
	}
	for _, code := range slices.Backward(modifiers) {
		records = append(records, carryOut(input.Event{Kind: input.KeyUp, Code: code})...)
	}
	for _, unit := range utf16.Encode([]rune(s)) { // both halves of a pair, one after the other, are what Windows wants
		records = append(records, keyboard(unit, flagUnicode), keyboard(unit, flagUnicode|flagKeyUp))
	}
	for _, code := range modifiers {
		records = append(records, carryOut(input.Event{Kind: input.KeyDown, Code: code})...)
	}
	return records
}

// send gives everything to Windows at once, so that nothing comes in between.
func (i *Injector) send(records []record) error {
	if len(records) == 0 {
		return nil
	}
	for n := range records {
		if r := &records[n]; r.kind == kindKeyboard && r.next&flagScan != 0 {
			// Windows ignores the virtual key of what has a scan code (KEYEVENTF_SCANCODE); Wine 8 ignores the scan code.
			r.first |= uint32(i.user.virtual(uint16(r.first>>16), r.next&flagExtended != 0))
		}
	}
	sent, _, err := i.user.sendInput.Call(uintptr(len(records)), uintptr(unsafe.Pointer(&records[0])), unsafe.Sizeof(records[0]))
	if int(sent) != len(records) {
		return fmt.Errorf("inject input: Windows took %d of %d: %w", sent, len(records), err)
	}
	return nil
}

// Release implements input.Injector. Windows takes no input while it is locked or asks for an administrator's password.
func (i *Injector) Release() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	var failed []input.Event
	var err error
	for _, e := range i.held.Clear() {
		if i.send(carryOut(e)) != nil {
			failed = append(failed, e)
		}
	}
	for _, e := range slices.Backward(failed) {
		i.held.Keep(e)
		err = errors.New("let go of what is pressed: Windows does not take it now")
	}
	return err
}

// Close implements input.Injector.
func (i *Injector) Close() error {
	err := i.Release()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	return err
}
