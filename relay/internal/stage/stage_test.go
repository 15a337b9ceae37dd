package stage

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestClean(t *testing.T) {
	page := View{Kind: Document, ID: "d-1", Name: "Offer.pdf", Page: 2, Pages: 3, Participant: "ann"}
	with := func(change func(*View)) View {
		v := page
		change(&v)
		return v
	}
	for name, tt := range map[string]struct {
		in, want View
		ok       bool
	}{
		"a share":            {View{Kind: Share, ID: "s", Name: "x", Page: 9, Pages: 9, Participant: "ann"}, View{Kind: Share, ID: "s", Participant: "ann"}, true},
		"no share":           {View{Kind: Share}, View{Kind: Share}, true},
		"the whiteboard":     {View{Kind: Board, ID: "s", Name: "x", Page: 9}, View{Kind: Board}, true},
		"a page":             {page, page, true},
		"a cleaned name":     {with(func(v *View) { v.Name = " Offer\u202e.pdf\n" }), page, true},
		"page 0":             {with(func(v *View) { v.Page = 0 }), View{}, false},
		"after the last":     {with(func(v *View) { v.Page = 4 }), View{}, false},
		"too many pages":     {with(func(v *View) { v.Pages = MaxPages + 1 }), View{}, false},
		"a name like a path": {with(func(v *View) { v.ID = "../x" }), View{}, false},
		"no name":            {with(func(v *View) { v.Name = "\u200b" }), View{}, false},
		"a long name":        {with(func(v *View) { v.Name = strings.Repeat("é", maxName+1) }), View{}, false},
		"another kind":       {View{Kind: "circus"}, View{}, false},
	} {
		if got, ok := tt.in.Clean(); ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
}

func TestOffers(t *testing.T) {
	now, o := time.Unix(1_800_000_000, 0), Offers{}
	to := func(who string, second int) []string {
		return o.To(who, now.Add(time.Duration(second)*time.Second))
	}
	o.Make("ann", "bob", now)
	o.Make("cid", "bob", now)
	if got := to("bob", 59); !slices.Equal(got, []string{"ann", "cid"}) {
		t.Errorf("%v", got)
	}
	if got := to("bob", 60); got != nil {
		t.Errorf("after a minute %v", got)
	}
	o.Make("ann", "eve", now) // instead
	if got := to("bob", 1); !slices.Equal(got, []string{"cid"}) {
		t.Errorf("%v", got)
	}
	if o.Decline("ann", "bob", now) || !o.Decline("ann", "eve", now) || o.Decline("ann", "eve", now) {
		t.Error("an offer is declined by whom it was made to, once")
	}
	if got := o.Declined("ann", now.Add(59*time.Second)); got != "eve" || len(o.To("eve", now)) != 0 {
		t.Errorf("declined by %q", got)
	}
	if o.Declined("ann", now.Add(time.Minute)) != "" || o.Declined("cid", now) != "" || o.Declined("bob", now) != "" {
		t.Error("nobody has declined that")
	}
	if o.Decline("cid", "bob", now.Add(time.Minute)) {
		t.Error("an old offer was declined")
	}
	o.Make("ann", "bob", now)
	o.Make("bob", "eve", now)
	o.Make("cid", "bob", now)
	if o.Settle("bob"); len(o) != 1 {
		t.Errorf("%v", o)
	}
	if o.Drop("bob"); len(o) != 0 {
		t.Errorf("%v", o)
	}
	o.Make("ann", "bob", now)
	if o.Make("cid", "bob", now.Add(time.Minute)); len(o) != 1 {
		t.Errorf("what is over stays: %v", o)
	}
}
