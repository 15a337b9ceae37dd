// Package template reads the CloudFormation templates of the cloud edition and says what is wrong with them: references
// that lead nowhere, permissions that are missing or too many, doors that are open. Each finding names its place.
//
// The harness takes from here what a deployment would have: routes, environments, tables, buckets, policies.
package template

import (
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is a piece of a template. Short forms such as !Ref are written out, as in JSON. The methods of a nil Value
// answer that there is nothing.
type Value struct {
	File string
	Line int
	Text string // of a scalar

	keys   []string
	fields map[string]*Value
	items  []*Value
}

// Load reads a template.
func Load(path string) (*Value, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	return Parse(path, text)
}

// Parse reads a template from text; path names it in findings.
func Parse(path string, text []byte) (*Value, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("%s: there is no template", path)
	}
	return convert(path, document.Content[0])
}

func convert(path string, n *yaml.Node) (*Value, error) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return nil, fmt.Errorf("%s:%d: CloudFormation knows no anchors and aliases", path, n.Line)
	}
	v := &Value{File: path, Line: n.Line, Text: n.Value}
	switch n.Kind {
	case yaml.MappingNode:
		v.fields = make(map[string]*Value)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if v.fields[key] != nil || key == "<<" {
				return nil, fmt.Errorf("%s:%d: %q is there twice, or a merge", path, n.Content[i].Line, key)
			}
			field, err := convert(path, n.Content[i+1])
			if err != nil {
				return nil, err
			}
			v.keys, v.fields[key] = append(v.keys, key), field
		}
	case yaml.SequenceNode:
		for _, c := range n.Content {
			item, err := convert(path, c)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, item)
		}
	}
	return v.intrinsic(n.Tag), nil
}

// intrinsic writes a short form out.
func (v *Value) intrinsic(tag string) *Value {
	name, isShort := strings.CutPrefix(tag, "!")
	if !isShort || strings.HasPrefix(name, "!") {
		return v
	}
	argument := *v
	switch {
	case name == "GetAtt" && v.Text != "":
		resource, attribute, _ := strings.Cut(v.Text, ".")
		argument.Text, argument.items = "", []*Value{{File: v.File, Line: v.Line, Text: resource}, {File: v.File, Line: v.Line, Text: attribute}}
		name = "Fn::GetAtt"
	case name != "Ref" && name != "Condition":
		name = "Fn::" + name
	}
	return &Value{File: v.File, Line: v.Line, keys: []string{name}, fields: map[string]*Value{name: &argument}}
}

// At follows keys; nil where one is missing.
func (v *Value) At(keys ...string) *Value {
	for _, k := range keys {
		if v == nil {
			return nil
		}
		v = v.fields[k]
	}
	return v
}

// String is the scalar's text, or "".
func (v *Value) String() string {
	if v == nil {
		return ""
	}
	return v.Text
}

// Keys are a mapping's, in the template's order.
func (v *Value) Keys() []string {
	if v == nil {
		return nil
	}
	return v.keys
}

// Items are a sequence's; a single value is a sequence of one, as in policies.
func (v *Value) Items() []*Value {
	switch {
	case v == nil:
		return nil
	case v.items == nil && (v.Text != "" || len(v.keys) > 0):
		return []*Value{v}
	}
	return v.items
}

// Texts are the scalars among Items.
func (v *Value) Texts() []string {
	var list []string
	for _, i := range v.Items() {
		if i.Text != "" {
			list = append(list, i.Text)
		}
	}
	return list
}

// IsZero reports that nothing was said here.
func (v *Value) IsZero() bool {
	return v == nil || v.Text == "" && len(v.keys) == 0 && len(v.items) == 0
}

// Walk visits this value and everything below it.
func (v *Value) Walk(visit func(*Value)) {
	if v == nil {
		return
	}
	visit(v)
	for _, k := range v.keys {
		v.fields[k].Walk(visit)
	}
	for _, i := range v.items {
		i.Walk(visit)
	}
}

// Ref is the name that this refers to as a whole: {"Ref": name}, {"Fn::GetAtt": [name, ...]}, or the one in an Fn::Sub.
func (v *Value) Ref() string {
	if r := v.At("Ref"); r != nil {
		return r.Text
	}
	if r := v.At("Fn::GetAtt"); r != nil && len(r.items) > 0 {
		return r.items[0].Text
	}
	if s := v.At("Fn::Sub"); s != nil {
		for _, name := range substitutions(s.Text) {
			if !strings.HasPrefix(name, "AWS::") {
				name, _, _ = strings.Cut(name, ".")
				return name
			}
		}
	}
	return ""
}

// substitutions are the names in a text for Fn::Sub.
func substitutions(text string) []string {
	var names []string
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			return names
		}
		text = text[start+2:]
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return names
		}
		if !strings.HasPrefix(text, "!") { // ${!x} stands for ${x}
			names = append(names, text[:end])
		}
		text = text[end:]
	}
}

// Finding is something that is wrong.
type Finding struct {
	Where string // file:line
	What  string
}

func (f Finding) String() string { return f.Where + ": " + f.What }

func found(v *Value, format string, args ...any) Finding {
	where := "template"
	if v != nil {
		where = fmt.Sprintf("%s:%d", v.File, v.Line)
	}
	return Finding{where, fmt.Sprintf(format, args...)}
}
