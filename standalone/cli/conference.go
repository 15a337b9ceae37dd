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
)

// conferenceFlags are those of all conference commands.
type conferenceFlags struct {
	server
	given map[string]bool // flags that stood there

	title, passwordFile, starts, ends, timezone string
	guests, guestShare                          string
	bridges                                     []bridge
	status                                      string
	kind, invitee                               string
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
	Timezone    string       `json:"timezone,omitempty"`
	Bridges     []bridge     `json:"bridges,omitempty"`
	GuestPolicy string       `json:"guestPolicy,omitempty"`
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

type invitationAnswer struct {
	ID        string    `json:"id"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// conferenceAction is one thing that can be done; hint says what its words are.
type conferenceAction struct {
	words int
	hint  string
	do    func(ctx context.Context, f *conferenceFlags, words []string) error
}

const oneConference = "the id of one conference; coopnet conference list shows them"

func (t Terminal) conferenceActions() map[string]conferenceAction {
	guest := "the ids of a conference and of a guest; coopnet conference lobby prints them"
	return map[string]conferenceAction{
		"create":      {1, "one name; put it in quotes when it has spaces", t.conferenceCreate},
		"list":        {0, "no words", t.conferenceList},
		"set":         {1, oneConference, t.conferenceSet},
		"password":    {1, oneConference, t.conferencePassword},
		"end":         {1, oneConference, t.conferenceEnd},
		"delete":      {1, oneConference, t.conferenceDelete},
		"calendar":    {1, oneConference, t.conferenceCalendar},
		"invite":      {1, oneConference, t.conferenceInvite},
		"invitations": {1, oneConference, t.conferenceInvitations},
		"uninvite":    {2, "the ids of a conference and of a link; coopnet conference invite prints them", t.conferenceUninvite},
		"lobby":       {1, oneConference, t.conferenceLobby},
		"admit":       {2, guest, t.conferenceAdmit},
		"refuse":      {2, guest, t.conferenceRefuse},
	}
}

func (t Terminal) conference(ctx context.Context, args []string) error {
	f := t.conferenceDefaults()
	flags := f.set()
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	flags.Visit(func(given *flag.Flag) { f.given[given.Name] = true })
	if len(words) == 0 {
		return usagef("say create, list, set, password, invite, invitations, uninvite, lobby, admit, refuse, calendar, end or delete")
	}
	action, ok := t.conferenceActions()[words[0]]
	if !ok {
		return usagef("conference %s is not understood", words[0])
	}
	if len(words)-1 != action.words {
		return usagef("conference %s needs %s", words[0], action.hint)
	}
	return action.do(ctx, f, words[1:])
}

func (t Terminal) conferenceDefaults() *conferenceFlags {
	return &conferenceFlags{
		server: *t.server(organizerKey()), kind: "internal", given: map[string]bool{},
	}
}

func (f *conferenceFlags) set() *flag.FlagSet {
	flags := flag.NewFlagSet("conference", flag.ContinueOnError)
	for name, value := range map[string]*string{
		"title": &f.title, "password-file": &f.passwordFile,
		"starts": &f.starts, "ends": &f.ends, "timezone": &f.timezone, "guests": &f.guests, "guest-share": &f.guestShare, "status": &f.status, "kind": &f.kind, "for": &f.invitee,
	} {
		flags.StringVar(value, name, *value, "")
	}
	f.server.set(flags)
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

func (t Terminal) conferenceCreate(ctx context.Context, f *conferenceFlags, words []string) error {
	password, err := t.password(f.passwordFile)
	if err != nil {
		return err
	}
	d := draft{Name: words[0], Title: f.title, Password: password, StartsAt: f.starts, EndsAt: f.ends, Timezone: f.timezone, Bridges: f.bridges, GuestPolicy: f.guests}
	if err := f.checkTimes(); err != nil {
		return err
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

func (f *conferenceFlags) checkTimes() error {
	for _, at := range []struct{ flag, text string }{{"starts", f.starts}, {"ends", f.ends}} {
		if _, err := time.Parse(time.RFC3339, at.text); at.text != "" && err != nil {
			return usagef("--%s: %q is not a time such as 2026-03-01T14:00:00+01:00", at.flag, at.text)
		}
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

func (t Terminal) conferenceList(ctx context.Context, f *conferenceFlags, _ []string) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 3, ' ', 0)
	if !f.asJSON {
		fmt.Fprintln(table, "ID\tSTATUS\tSTARTS\tENDS\tNAME")
	}
	query := url.Values{}
	if f.status != "" {
		query.Set("status", f.status)
	}
	err := listAll(ctx, t, f, "/conferences", query, func(c conferenceAnswer) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.ID, c.Status, moment(c.StartsAt), moment(c.EndsAt), c.Name)
	})
	if err != nil {
		return err
	}
	return table.Flush()
}

func conferencePath(words []string, rest string) string {
	return "/conferences/" + url.PathEscape(words[0]) + rest
}

func moment(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.Local().Format("2006-01-02 15:04")
}

func (t Terminal) conferenceInvite(ctx context.Context, f *conferenceFlags, words []string) error {
	var made invitationAnswer
	body := map[string]string{"kind": f.kind, "name": f.invitee}
	raw, err := t.call(ctx, f, "POST", conferencePath(words, "/invitations"), body, &made)
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

func (t Terminal) conferenceUninvite(ctx context.Context, f *conferenceFlags, words []string) error {
	path := conferencePath(words, "/invitations/"+url.PathEscape(words[1]))
	if _, err := t.call(ctx, f, "DELETE", path, nil, nil); err != nil || f.asJSON {
		return err
	}
	_, err := fmt.Fprintln(t.Out, "The link does not work any more. Who has joined with it stays until the connection is lost.")
	return err
}

func (t Terminal) conferenceEnd(ctx context.Context, f *conferenceFlags, words []string) error {
	var ended conferenceAnswer
	raw, err := t.call(ctx, f, "POST", conferencePath(words, "/end"), nil, &ended)
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
