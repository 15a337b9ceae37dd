package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/coopnet/coopnet/standalone"
)

// conferenceFlags are those of all conference commands.
type conferenceFlags struct {
	url, keyFile, data string
	asJSON             bool

	title, passwordFile, starts, ends, guestShare string
	bridges                                       []bridge
	status                                        string
	kind, invitee                                 string
}

// bridge, draft and the others below are the API's JSON; the program speaks to servers of its own version only.
type bridge struct {
	Kind    string `json:"kind"`
	Label   string `json:"label"`
	Country string `json:"country"`
	Number  string `json:"number"`
	Code    string `json:"code"`
}

type draft struct {
	Name        string       `json:"name"`
	Title       string       `json:"title,omitempty"`
	Password    string       `json:"password,omitempty"`
	StartsAt    string       `json:"startsAt,omitempty"`
	EndsAt      string       `json:"endsAt,omitempty"`
	Bridges     []bridge     `json:"bridges,omitempty"`
	Permissions *permissions `json:"permissions,omitempty"`
}

type permissions struct {
	GuestShare string `json:"guestShare"` // what is not sent keeps the server's default
}

type conferenceAnswer struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Status   string     `json:"status"`
	StartsAt *time.Time `json:"startsAt"`
	EndsAt   *time.Time `json:"endsAt"`
	Password string     `json:"password"`
}

type conferencePage struct {
	Items      []conferenceAnswer `json:"items"`
	NextCursor string             `json:"nextCursor"`
}

type invitationAnswer struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func (t Terminal) conference(ctx context.Context, args []string) error {
	f := t.conferenceDefaults()
	words, err := parse(f.set(), args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return usagef("say create, list, invite, uninvite or end")
	}
	action, words := words[0], words[1:]
	switch {
	case action == "create" && len(words) == 1:
		return t.conferenceCreate(ctx, f, words[0])
	case action == "create":
		return usagef("conference create needs one name; put it in quotes when it has spaces")
	case action == "list" && len(words) == 0:
		return t.conferenceList(ctx, f)
	case action == "invite" && len(words) == 1:
		return t.conferenceInvite(ctx, f, words[0])
	case action == "uninvite" && len(words) == 2:
		return t.conferenceUninvite(ctx, f, words[0], words[1])
	case action == "uninvite":
		return usagef("conference uninvite needs the ids of a conference and of a link; coopnet conference invite prints them")
	case action == "end" && len(words) == 1:
		return t.conferenceEnd(ctx, f, words[0])
	case action == "invite" || action == "end":
		return usagef("conference %s needs the id of one conference; coopnet conference list shows them", action)
	}
	return usagef("conference %s is not understood", action)
}

func (t Terminal) conferenceDefaults() *conferenceFlags {
	return &conferenceFlags{
		url: t.env("COOPNET_PUBLIC_URL", standalone.DefaultURL), data: t.env("COOPNET_DATA", standalone.DefaultData), kind: "internal",
	}
}

func (f *conferenceFlags) set() *flag.FlagSet {
	flags := flag.NewFlagSet("conference", flag.ContinueOnError)
	for name, value := range map[string]*string{
		"url": &f.url, "key-file": &f.keyFile, "data": &f.data, "title": &f.title, "password-file": &f.passwordFile,
		"starts": &f.starts, "ends": &f.ends, "guest-share": &f.guestShare, "status": &f.status, "kind": &f.kind, "for": &f.invitee,
	} {
		flags.StringVar(value, name, *value, "")
	}
	flags.BoolVar(&f.asJSON, "json", false, "")
	flags.Func("bridge", "", func(text string) error {
		parts := strings.Split(text, ",")
		if len(parts) != 5 {
			return fmt.Errorf("a bridge is \"KIND, LABEL, COUNTRY, NUMBER, CODE\", with the commas even where a part is empty")
		}
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		f.bridges = append(f.bridges, bridge{Kind: parts[0], Label: parts[1], Country: parts[2], Number: parts[3], Code: parts[4]})
		return nil
	})
	return flags
}

func (t Terminal) conferenceCreate(ctx context.Context, f *conferenceFlags, name string) error {
	password, err := t.password(f.passwordFile)
	if err != nil {
		return err
	}
	d := draft{Name: name, Title: f.title, Password: password, StartsAt: f.starts, EndsAt: f.ends, Bridges: f.bridges}
	for _, at := range []struct{ flag, text string }{{"starts", f.starts}, {"ends", f.ends}} {
		if _, err := time.Parse(time.RFC3339, at.text); at.text != "" && err != nil {
			return usagef("--%s: %q is not a time such as 2026-03-01T14:00:00+01:00", at.flag, at.text)
		}
	}
	if f.guestShare != "" {
		d.Permissions = &permissions{GuestShare: f.guestShare}
	}
	var made conferenceAnswer
	raw, err := t.call(ctx, f, "POST", "/conferences", d, &made)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	fmt.Fprintf(t.Out, "Name      %s\nId        %s\n", made.Name, made.ID)
	if made.Password != "" {
		fmt.Fprintf(t.Out, "Password  %s\nThe password is shown only now.\n", made.Password)
	}
	return nil
}

// password reads a file, because a command line is visible to everybody on the machine.
func (t Terminal) password(file string) (string, error) {
	var text []byte
	var err error
	switch file {
	case "":
		return "", nil
	case "-":
		text, err = io.ReadAll(io.LimitReader(t.In, 4096))
	default:
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if password == "" {
		return "", usagef("the password is empty")
	}
	return password, nil
}

func (t Terminal) conferenceList(ctx context.Context, f *conferenceFlags) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	if !f.asJSON {
		fmt.Fprintln(table, "ID\tSTATUS\tSTARTS\tENDS\tNAME")
	}
	query := url.Values{"limit": {"100"}}
	if f.status != "" {
		query.Set("status", f.status)
	}
	for {
		var page conferencePage
		raw, err := t.call(ctx, f, "GET", "/conferences?"+query.Encode(), nil, &page)
		if err != nil {
			return err
		}
		if f.asJSON { // one page a line
			if err := t.raw(raw); err != nil {
				return err
			}
		}
		for _, c := range page.Items {
			if !f.asJSON {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.ID, c.Status, moment(c.StartsAt), moment(c.EndsAt), c.Name)
			}
		}
		if page.NextCursor == "" {
			return table.Flush()
		}
		query.Set("cursor", page.NextCursor)
	}
}

func moment(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.Local().Format("2006-01-02 15:04")
}

func (t Terminal) conferenceInvite(ctx context.Context, f *conferenceFlags, id string) error {
	var made invitationAnswer
	body := map[string]string{"kind": f.kind, "name": f.invitee}
	raw, err := t.call(ctx, f, "POST", "/conferences/"+url.PathEscape(id)+"/invitations", body, &made)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, "Link   %s\nUntil  %s\nId     %s\nThe link is shown only now. Whoever has it can join.\n",
		made.URL, made.ExpiresAt.Local().Format(time.DateTime), made.ID)
	return err
}

func (t Terminal) conferenceUninvite(ctx context.Context, f *conferenceFlags, id, invitation string) error {
	path := "/conferences/" + url.PathEscape(id) + "/invitations/" + url.PathEscape(invitation)
	if _, err := t.call(ctx, f, "DELETE", path, nil, nil); err != nil || f.asJSON {
		return err
	}
	_, err := fmt.Fprintln(t.Out, "The link does not work any more. Who has joined with it stays until the connection is lost.")
	return err
}

func (t Terminal) conferenceEnd(ctx context.Context, f *conferenceFlags, id string) error {
	var ended conferenceAnswer
	raw, err := t.call(ctx, f, "POST", "/conferences/"+url.PathEscape(id)+"/end", nil, &ended)
	if err != nil {
		return err
	}
	if f.asJSON {
		return t.raw(raw)
	}
	_, err = fmt.Fprintf(t.Out, "%s has ended.\n", ended.Name)
	return err
}

func (t Terminal) raw(body json.RawMessage) error {
	_, err := fmt.Fprintf(t.Out, "%s\n", strings.TrimSpace(string(body)))
	return err
}
