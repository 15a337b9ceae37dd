package window

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

// IDs of buttons.
const (
	yes    = "yes"
	no     = "no"
	again  = "again"
	stop   = "stop"
	boxID  = "box"
	gridID = "grid"
)

// Confirm is what is asked before anything is shared.
type Confirm struct {
	Conference string
	Portal     string // its origin
	Name       string // who the person is there
	Role       string // guest, internal or organizer
}

// Confirm asks whether to go on. Closing the window is no.
func (d *Desktop) Confirm(ctx context.Context, c Confirm) (bool, error) {
	conference, name := text.Foreign(c.Conference, longestTitle), text.Foreign(c.Name, longestName)
	w, you := d.words.Confirm, name
	if c.Role != "internal" { // who is a colleague knows it
		you += " (" + d.words.Role.Of(c.Role) + ")"
	}
	page := form.Page{
		Blocks: []form.Block{
			form.Text{S: w.Heading, Style: form.Heading},
			form.Facts{{w.Conference, conference}, {w.Portal, text.Foreign(c.Portal, 200)}, {w.You, you}},
			form.Text{S: w.Note},
		},
		Buttons: []form.Button{{ID: no, Label: w.Cancel}, {ID: yes, Label: w.Share, Weight: form.Primary}},
		Default: yes, Cancel: no, Focus: yes,
	}
	v, err := d.open(Dialog, text.Fill(w.Title, "conference", conference), 480, page, conference, name)
	if err != nil {
		return false, err
	}
	v.typing = surprise
	pressed, err := v.await(ctx, nil)
	return pressed == yes && err == nil, errors.Join(err, v.pane.Close())
}

// Consent is what is asked before somebody controls.
type Consent struct {
	Name     string
	Role     string
	What     string // title of the window, for one window
	Kind     string // desktop, screen or window
	PanicKey string // KeyboardEvent.code, with Ctrl and Shift
}

// Consent asks whether somebody may control. No answer in time is no, and so is closing the window.
func (d *Desktop) Consent(ctx context.Context, c Consent) (bool, error) {
	name, what := text.Foreign(c.Name, longestName), text.Foreign(c.What, longestTitle)
	w := d.words.Consent
	detail := map[string]string{"window": w.Window, "screen": w.Screen}[c.Kind]
	if detail == "" {
		detail = w.Desktop
	}
	page := func(left time.Duration) form.Page {
		seconds := strconv.Itoa(int((left + time.Second - 1) / time.Second))
		return form.Page{
			Blocks: []form.Block{
				form.Text{S: text.Fill(w.Heading, "name", name, "role", d.words.Role.Of(c.Role)), Style: form.Heading},
				form.Text{S: text.Fill(detail, "name", name, "what", what)},
				form.Text{S: text.Fill(w.Ends, "key", d.words.Key.Panic(c.PanicKey))},
				form.Text{S: text.Fill(w.Refuses, "seconds", seconds), Style: form.Small},
			},
			Buttons: []form.Button{{ID: yes, Label: w.Allow}, {ID: no, Label: w.Refuse, Weight: form.Primary}},
			Default: no, Cancel: no, Focus: no,
		}
	}
	title := text.Fill(w.Title, "name", name)
	v, err := d.open(Dialog, title, 500, page(d.patience), name, what)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pressed, err := v.await(ctx, countdown(ctx, d.patience, func(left time.Duration) error {
		if left <= 0 {
			return errTooLate
		}
		return v.set(title, page(left))
	}))
	if errors.Is(err, errTooLate) {
		err = nil
	}
	return pressed == yes && err == nil, errors.Join(err, v.pane.Close())
}

var errTooLate = errors.New("nobody has answered")

// countdown makes a change each second until ctx ends.
func countdown(ctx context.Context, from time.Duration, change func(left time.Duration) error) <-chan func() error {
	changes := make(chan func() error)
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for left := from - time.Second; ; left -= time.Second {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			select {
			case <-ctx.Done():
				return
			case changes <- func() error { return change(left) }:
			}
		}
	}()
	return changes
}

// Message is anything else to say.
type Message struct {
	Text    string
	Buttons []Answer // none is one that says OK
}

// Answer is a button of a message.
type Answer struct {
	ID, Label string
}

// Message says something and returns the ID of the button that was pressed, or "" if the window was closed. The last
// button is the one for Enter.
func (d *Desktop) Message(ctx context.Context, m Message) (string, error) {
	page := form.Page{Blocks: []form.Block{form.Text{S: d.words.Message.Title, Style: form.Heading}, form.Text{S: m.Text}}, Cancel: closed}
	answers := m.Buttons
	if len(answers) == 0 {
		answers = []Answer{{ID: "ok", Label: d.words.Message.OK}}
	}
	for n, a := range answers {
		button := form.Button{ID: a.ID, Label: a.Label}
		if n == len(answers)-1 {
			button.Weight, page.Default, page.Focus = form.Primary, a.ID, a.ID
		}
		page.Buttons = append(page.Buttons, button)
	}
	v, err := d.open(Dialog, d.words.Message.Title, 460, page, m.Text)
	if err != nil {
		return "", err
	}
	pressed, err := v.await(ctx, nil)
	if pressed == closed {
		pressed = ""
	}
	return pressed, errors.Join(err, v.pane.Close())
}

// closed is what comes of a window that was closed.
const closed = "closed"
