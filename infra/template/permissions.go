package template

import (
	"slices"
	"strings"
)

// withoutResource are actions for which IAM knows no single resources.
func withoutResource() []string {
	return []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
}

// policies checks every statement that permits something: no wildcard where a name is known.
func policies(t *Value) []Finding {
	var list []Finding
	t.Walk(func(v *Value) {
		if v.At("Effect").String() != "Allow" {
			return
		}
		public := v.At("Principal").String() == "*" || v.At("Principal", "AWS").String() == "*"
		if public {
			list = append(list, found(v, "a statement permits everybody something"))
		}
		for _, a := range v.At("Action").Texts() {
			if strings.Contains(a, "*") {
				list = append(list, found(v, "the action %q is a wildcard", a))
			}
		}
		for _, r := range v.At("Resource").Items() {
			if r.Text != "*" {
				continue
			}
			for _, a := range v.At("Action").Texts() {
				if !slices.Contains(withoutResource(), a) {
					list = append(list, found(v, "%s is permitted for every resource", a))
				}
			}
		}
	})
	return list
}

// Grant is one action on one resource of the template: "dynamodb:GetItem ConferenceTable"; an index of a table is
// "ConferenceTable/index/list", the objects of a bucket "ReportsBucket/*".
func grants(s *Value) []string {
	var list []string
	for _, r := range s.At("Resource").Items() {
		name := r.Ref()
		if sub := r.At("Fn::Sub"); sub != nil {
			_, rest, _ := strings.Cut(sub.Text, "}")
			name += rest
		}
		if r.Text != "" {
			name = r.Text
		}
		for _, a := range s.At("Action").Texts() {
			list = append(list, a+" "+name)
		}
	}
	return list
}

// Grants are everything that the function's role permits.
func (f Function) Grants() []string {
	var list []string
	for _, s := range f.Statements {
		if s.At("Effect").String() == "Allow" {
			list = append(list, grants(s)...)
		}
	}
	return list
}

// permissions compares what the function may do with what it does.
func (f Function) permissions(calls []string) []Finding {
	var list []Finding
	always := []string{
		"logs:CreateLogStream " + strings.TrimSuffix(f.Resource, "Function") + "Log", "logs:PutLogEvents " + strings.TrimSuffix(f.Resource, "Function") + "Log",
		"xray:PutTraceSegments *", "xray:PutTelemetryRecords *",
	}
	for variable, v := range f.Environment {
		if variable == "COOPNET_EDGE_SECRET" || strings.HasSuffix(variable, "_SECRET_ARN") {
			always = append(always, "secretsmanager:GetSecretValue "+v.Ref())
		}
	}
	need := slices.Concat(always, calls)
	have := f.Grants()
	for _, n := range need {
		if !slices.Contains(have, n) {
			list = append(list, found(f.Place, "%s calls %s, and its role does not permit it", f.Resource, n))
		}
	}
	for _, s := range f.Statements {
		for _, g := range grants(s) {
			if !slices.Contains(need, g) {
				list = append(list, found(s, "%s is permitted %s, and never calls it", f.Resource, g))
			}
		}
	}
	return list
}
