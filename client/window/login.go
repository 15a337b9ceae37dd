package window

import (
	"context"
	"errors"

	"github.com/coopnet/coopnet/client/text"
	"github.com/coopnet/coopnet/client/window/form"
)

const (
	nameID     = "name"
	passwordID = "password"

	longestProxy = 200 // characters that are shown
	longestRealm = 120
)

// Login is what a proxy has said when it wanted to know who somebody is.
type Login struct {
	Proxy   string // HOST:PORT
	Realm   string // in its own words
	Name    string // of the login before this one
	Refused bool   // that one, with its password
	Colon   bool   // it had a colon in its name, which cannot be sent
}

// Login asks for a name and a password for a proxy; ok is whether the person has given them. Closing the window is no.
func (d *Desktop) Login(ctx context.Context, l Login) (name, password string, ok bool, err error) {
	w := d.words.Login
	proxy, realm := text.Foreign(l.Proxy, longestProxy), text.Foreign(l.Realm, longestRealm)
	facts := form.Facts{{w.Proxy, proxy}}
	if realm != "" {
		facts = append(facts, [2]string{w.Realm, realm})
	}
	names, passwords := form.NewField(nameID, w.Name, l.Name), form.NewField(passwordID, w.Password, "")
	passwords.Secret = true
	defer passwords.Clear()
	page := form.Page{
		Blocks:  []form.Block{form.Text{S: w.Heading, Style: form.Heading}, facts},
		Buttons: []form.Button{{ID: no, Label: w.Cancel}, {ID: yes, Label: w.SignIn, Weight: form.Primary, Needs: nameID}},
		Default: yes, Cancel: no, Focus: nameID,
	}
	title := text.Fill(w.Title, "proxy", proxy)
	wrong := ""
	switch {
	case l.Colon:
		wrong = w.Colon
	case l.Refused:
		wrong = w.Refused
		if l.Name != "" {
			page.Focus = passwordID
		}
	}
	if wrong != "" {
		page.Blocks = append(page.Blocks, form.Text{S: wrong, Style: form.Bad})
		title = wrong + " " + title
	}
	page.Blocks = append(page.Blocks, names, passwords, form.Text{S: w.Note, Style: form.Small})
	v, err := d.open(Dialog, title, 500, page, proxy, realm, l.Name)
	if err != nil {
		return "", "", false, err
	}
	v.typing = surprise
	pressed, err := v.await(ctx, nil)
	if err = errors.Join(err, v.pane.Close()); pressed != yes || err != nil {
		return "", "", false, err
	}
	return names.Value(), passwords.Value(), true, nil
}
