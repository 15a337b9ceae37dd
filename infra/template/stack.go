package template

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/infra/gateway"
)

// Stack is the main template with the ones that it nests.
type Stack struct {
	Main   *Value
	Nested map[string]*Value // by TemplateURL
}

// LoadStack reads template.yaml in folder and everything below it that it names.
func LoadStack(folder string) (*Stack, error) {
	main, err := Load(filepath.Join(folder, "template.yaml"))
	if err != nil {
		return nil, err
	}
	s := &Stack{Main: main, Nested: make(map[string]*Value)}
	for _, r := range s.resources(main, "AWS::CloudFormation::Stack") {
		url := r.At("Properties", "TemplateURL").String()
		if s.Nested[url], err = Load(filepath.Join(folder, filepath.FromSlash(url))); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Stack) templates() []*Value {
	list := []*Value{s.Main}
	for _, url := range slices.Sorted(maps.Keys(s.Nested)) {
		list = append(list, s.Nested[url])
	}
	return list
}

// resources are those of a type, in the template's order.
func (s *Stack) resources(t *Value, kind string) []*Value {
	var list []*Value
	for _, name := range t.At("Resources").Keys() {
		if r := t.At("Resources", name); r.At("Type").String() == kind {
			list = append(list, r)
		}
	}
	return list
}

// Function is a Lambda function as the template describes it.
type Function struct {
	Name        string // in lower case and without "Function": that of its folder
	Resource    string // its name in the template
	Place       *Value
	Environment map[string]*Value
	Statements  []*Value // what its role permits
}

// Functions are all, in the template's order.
func (s *Stack) Functions() []Function {
	var list []Function
	for _, name := range s.Main.At("Resources").Keys() {
		r := s.Main.At("Resources", name)
		if r.At("Type").String() != "AWS::Serverless::Function" {
			continue
		}
		f := Function{Name: strings.ToLower(strings.TrimSuffix(name, "Function")), Resource: name, Place: r, Environment: make(map[string]*Value)}
		for _, from := range []*Value{s.Main.At("Globals", "Function"), r.At("Properties")} {
			variables := from.At("Environment", "Variables")
			for _, v := range variables.Keys() {
				f.Environment[v] = variables.At(v)
			}
		}
		role := s.Main.At("Resources", r.At("Properties", "Role").Ref())
		for _, p := range role.At("Properties", "Policies").Items() {
			f.Statements = append(f.Statements, p.At("PolicyDocument", "Statement").Items()...)
		}
		list = append(list, f)
	}
	return list
}

// Setting is a property of the function, or what Globals says.
func (s *Stack) Setting(f Function, name string) string {
	if v := f.Place.At("Properties", name); v != nil {
		return v.String()
	}
	return s.Main.At("Globals", "Function", name).String()
}

// Routes are those of the HTTP API.
func (s *Stack) Routes() []gateway.Route {
	var list []gateway.Route
	for _, f := range s.Functions() {
		events := f.Place.At("Properties", "Events")
		for _, name := range events.Keys() {
			if events.At(name, "Type").String() != "HttpApi" {
				continue
			}
			p := events.At(name, "Properties")
			list = append(list, gateway.Route{Key: strings.TrimSpace(p.At("Method").String() + " " + p.At("Path").String()), Function: f.Name})
		}
	}
	return list
}

// Table is a DynamoDB table as the template describes it.
type Table struct {
	Domain  string // its name in the template without "Table", in lower case
	Hash    string
	Range   string
	TTL     string
	Indexes []Index
	Place   *Value
}

// Index is a global secondary index.
type Index struct {
	Name     string
	Hash     string
	Range    string
	Includes []string
}

// Tables are all, in the template's order.
func (s *Stack) Tables() []Table {
	var list []Table
	for _, name := range s.Main.At("Resources").Keys() {
		r := s.Main.At("Resources", name)
		if r.At("Type").String() != "AWS::DynamoDB::Table" {
			continue
		}
		p := r.At("Properties")
		t := Table{Domain: strings.ToLower(strings.TrimSuffix(name, "Table")), TTL: p.At("TimeToLiveSpecification", "AttributeName").String(), Place: r}
		t.Hash, t.Range = keys(p)
		for _, i := range p.At("GlobalSecondaryIndexes").Items() {
			index := Index{Name: i.At("IndexName").String(), Includes: i.At("Projection", "NonKeyAttributes").Texts()}
			index.Hash, index.Range = keys(i)
			t.Indexes = append(t.Indexes, index)
		}
		list = append(list, t)
	}
	return list
}

func keys(p *Value) (hash, sort string) {
	for _, k := range p.At("KeySchema").Items() {
		switch k.At("KeyType").String() {
		case "HASH":
			hash = k.At("AttributeName").String()
		case "RANGE":
			sort = k.At("AttributeName").String()
		}
	}
	return hash, sort
}

func (i Index) String() string {
	return fmt.Sprintf("%s(%s, %s; %s)", i.Name, i.Hash, i.Range, strings.Join(i.Includes, ", "))
}
