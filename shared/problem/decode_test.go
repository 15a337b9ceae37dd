package problem

import (
	"slices"
	"strings"
	"testing"
	"time"
)

type inner struct {
	Kind string `json:"kind"`
}

type Embedded struct {
	StartsAt *time.Time `json:"startsAt"`
}

type input struct {
	Name  string  `json:"name"`
	Count int     `json:"count"`
	Fine  bool    `json:"fine"`
	List  []inner `json:"list"`
	One   inner   `json:"one"`
	Embedded
	Secret string `json:"-"`
}

func TestDecode(t *testing.T) {
	good := ` {"name":"x","count":3,"fine":true,"list":[{"kind":"a"},{}],"one":{"kind":"b"},"startsAt":"2026-03-01T14:00:00+01:00"} `
	var in input
	if err := Decode(strings.NewReader(good), &in); err != nil {
		t.Fatal(err)
	}
	if in.Name != "x" || in.Count != 3 || !in.Fine || len(in.List) != 2 || in.List[0].Kind != "a" || in.One.Kind != "b" || in.StartsAt.Hour() != 14 {
		t.Errorf("got %+v", in)
	}
	in = input{Name: "default", Count: 7}
	if err := Decode(strings.NewReader(`{"count":null,"startsAt":null}`), &in); err != nil || in.Name != "default" || in.Count != 7 {
		t.Errorf("got %+v, %v", in, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for body, want := range map[string]string{
		"": "malformed", " ": "malformed", "{": "malformed", "[]": "malformed", `"x"`: "malformed", "null": "malformed", "\x00": "malformed",
		"{} {}": "malformed", "{}x": "malformed", `{"name":"x",}`: "malformed",
		`{"NAME":"x"}`: "malformed", `{"Name":"x"}`: "malformed", `{"nme":"x"}`: "malformed", `{"name":"a","name":"b"}`: "malformed",
		`{"Secret":"x"}`: "malformed", `{"-":"x"}`: "malformed", `{"Embedded":{}}`: "malformed", `{"one":{"KIND":"x"}}`: "malformed",
		`{"list":[{"kind":"a","kind":"b"}]}`: "malformed",
		`{"name":1}`:                         "invalid /name must be text", `{"count":"1"}`: "invalid /count must be a whole number", `{"count":1.5}`: "invalid /count must be a whole number",
		`{"count":1e99}`: "invalid /count must be a whole number", `{"fine":"yes"}`: "invalid /fine must be true or false",
		`{"list":{}}`: "invalid /list must be a list", `{"list":[{},{"kind":[]}]}`: "invalid /list/1/kind must be text",
		`{"list":["x"]}`: "invalid /list/0 must be an object", `{"one":"x"}`: "invalid /one must be an object",
		`{"startsAt":"tomorrow"}`:                    "invalid /startsAt must be a time such as 2026-03-01T14:00:00+01:00",
		`{"startsAt":1}`:                             "invalid /startsAt must be a time such as 2026-03-01T14:00:00+01:00",
		`{"name":1,"one":{"kind":2},"startsAt":"x"}`: "invalid /name must be text, /one/kind must be text, /startsAt must be a time such as 2026-03-01T14:00:00+01:00",
	} {
		var in input
		err := Decode(strings.NewReader(body), &in)
		p := From(err)
		var fields []string
		for _, f := range p.Fields {
			fields = append(fields, f.Pointer+" "+f.Detail)
		}
		slices.Sort(fields)
		if got := strings.TrimSpace(string(p.Code) + " " + strings.Join(fields, ", ")); got != want || p.Detail == "" {
			t.Errorf("%s: got %s (%s), want %s", body, got, p.Detail, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"{}", `{"name":"x","list":[{"kind":"a"}]}`, `{"one":{"kind":null},"startsAt":"2026-03-01T14:00:00Z"}`, `{"NAME":1}`, "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var in input
		if err := Decode(strings.NewReader(s), &in); err != nil && From(err).Code.Status() >= 500 {
			t.Errorf("%q: %v", s, err)
		}
	})
}
