package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Expectations are what the code says, which the template must say too.
type Expectations struct {
	Tables    []Table             // Place is not looked at
	Variables []string            // that a function listens to
	Routes    map[string]string   // "GET /api/v1/x/{y}" to the function that answers it
	Calls     map[string][]string // a function's calls, "dynamodb:GetItem ConferenceTable" and the like
	PagesCSP  string              // of the portal's pages, without connect-src
}

// Check says everything that is wrong with the stack.
func (s *Stack) Check(want Expectations) []Finding {
	var list []Finding
	for _, t := range s.templates() {
		list = append(list, references(t)...)
		list = append(list, policies(t)...)
		list = append(list, doors(t)...)
	}
	list = append(list, nested(s.Main, s.Nested)...)
	list = append(list, s.tables(want.Tables)...)
	list = append(list, s.routes(want.Routes)...)
	for _, f := range s.Functions() {
		list = append(list, s.function(f, want)...)
	}
	return list
}

// tables compares the definitions with the code's, and each table with what every table must have.
func (s *Stack) tables(want []Table) []Finding {
	var list []Finding
	have := s.Tables()
	for _, w := range want {
		i := slices.IndexFunc(have, func(t Table) bool { return t.Domain == w.Domain })
		if i < 0 {
			list = append(list, found(s.Main.At("Resources"), "there is no table for the domain %q", w.Domain))
			continue
		}
		t := have[i]
		if t.Hash != w.Hash || t.Range != w.Range || t.TTL != w.TTL {
			list = append(list, found(t.Place, "table %s has the keys %s, %s and the TTL %q; the code has %s, %s and %q", t.Domain, t.Hash, t.Range, t.TTL, w.Hash, w.Range, w.TTL))
		}
		if a, b := fmt.Sprint(t.Indexes), fmt.Sprint(w.Indexes); a != b {
			list = append(list, found(t.Place, "table %s has the indexes %s; the code has %s", t.Domain, a, b))
		}
	}
	for _, t := range have {
		if !slices.ContainsFunc(want, func(w Table) bool { return t.Domain == w.Domain }) {
			list = append(list, found(t.Place, "the code knows no table %q", t.Domain))
		}
		list = append(list, t.check()...)
	}
	return list
}

func (t Table) check() []Finding {
	var list []Finding
	p := t.Place.At("Properties")
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"BillingMode"}, "PAY_PER_REQUEST"},
		{[]string{"DeletionProtectionEnabled"}, "true"},
		{[]string{"TimeToLiveSpecification", "Enabled"}, "true"},
		{[]string{"PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"}, "true"},
		{[]string{"SSESpecification", "SSEEnabled"}, "true"},
	} {
		if have := p.At(c.path...).String(); have != c.want {
			list = append(list, found(t.Place, "table %s: %s is %q, not %q", t.Domain, strings.Join(c.path, "."), have, c.want))
		}
	}
	keyed := map[string]bool{t.Hash: true, t.Range: true}
	for _, i := range t.Indexes {
		keyed[i.Hash], keyed[i.Range] = true, true
	}
	defined := make(map[string]bool)
	for _, a := range p.At("AttributeDefinitions").Items() {
		name := a.At("AttributeName").String()
		defined[name] = true
		if !keyed[name] {
			list = append(list, found(a, "table %s defines the attribute %q, which is no key", t.Domain, name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(keyed)) {
		if !defined[name] && name != "" {
			list = append(list, found(t.Place, "table %s has the key %q, which AttributeDefinitions does not define", t.Domain, name))
		}
	}
	return append(list, retained(t.Place)...)
}

// retained checks that deleting the stack, or a careless change, deletes no data.
func retained(r *Value) []Finding {
	var list []Finding
	for _, p := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
		if r.At(p).String() != "Retain" {
			list = append(list, found(r, "%s must be Retain: this holds data", p))
		}
	}
	return list
}
