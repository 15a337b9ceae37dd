package template

import (
	"maps"
	"slices"
	"strings"

	"github.com/coopnet/coopnet/infra/gateway"
)

// routes checks that every operation reaches the function that answers it, and that every route has one.
func (s *Stack) routes(want map[string]string) []Finding {
	var list []Finding
	have := s.Routes()
	used := make(map[string]bool)
	for _, r := range have {
		if err := r.Validate(); err != nil {
			list = append(list, found(s.Main.At("Resources"), "%v", err))
		}
		if strings.Contains(r.Key, "+}") {
			used[r.Key] = true // for whatever is nowhere
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(want)) {
		method, pattern, _ := strings.Cut(operation, " ")
		r, _, ok := gateway.Match(have, method, concrete(pattern))
		switch {
		case !ok:
			list = append(list, found(s.Main.At("Resources"), "%s is routed nowhere", operation))
		case r.Function != want[operation]:
			list = append(list, found(s.route(r), "%s goes to %s, and not to %s", operation, r.Function, want[operation]))
		case strings.HasSuffix(r.Key, "+}"):
			list = append(list, found(s.route(r), "%s has no route of its own", operation))
		case shape(strings.SplitN(r.Key, " ", 2)[1]) != shape(pattern):
			list = append(list, found(s.route(r), "%s is caught by %s", operation, r.Key))
		}
		used[r.Key] = true
	}
	for _, r := range have {
		if !used[r.Key] {
			list = append(list, found(s.route(r), "%s is a route for which there is no operation", r.Key))
		}
	}
	for _, operation := range slices.Sorted(maps.Keys(want)) {
		_, pattern, _ := strings.Cut(operation, " ")
		if !s.behaviour(concrete(pattern)) {
			list = append(list, found(s.Main.At("Resources", "Distribution"), "CloudFront does not pass %s on to the API", pattern))
		}
	}
	return list
}

// route is where the template has it.
func (s *Stack) route(r gateway.Route) *Value {
	for _, f := range s.Functions() {
		events := f.Place.At("Properties", "Events")
		for _, name := range events.Keys() {
			p := events.At(name, "Properties")
			if p.At("Method").String()+" "+p.At("Path").String() == r.Key {
				return events.At(name)
			}
		}
	}
	return s.Main
}

// concrete puts something in the place of parameters.
func concrete(pattern string) string {
	elements := strings.Split(pattern, "/")
	for i, e := range elements {
		if strings.HasPrefix(e, "{") {
			elements[i] = "x"
		}
	}
	return strings.Join(elements, "/")
}

func shape(pattern string) string {
	elements := strings.Split(pattern, "/")
	for i, e := range elements {
		if strings.HasPrefix(e, "{") {
			elements[i] = "{}"
		}
	}
	return strings.Join(elements, "/")
}

// behaviour reports whether CloudFront passes a path on to the API, with nothing cached and the caller's address told.
func (s *Stack) behaviour(path string) bool {
	const cachingDisabled, allButHost = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "b689b0a8-53d0-40ab-baf2-68738e2966ac"
	for _, b := range s.Main.At("Resources", "Distribution", "Properties", "DistributionConfig", "CacheBehaviors").Items() {
		pattern := b.At("PathPattern").String()
		start, isPrefix := strings.CutSuffix(pattern, "*")
		if pattern != path && !(isPrefix && strings.HasPrefix(path, start)) {
			continue
		}
		viewer := b.At("FunctionAssociations").Items()
		return b.At("TargetOriginId").String() == "api" && b.At("CachePolicyId").String() == cachingDisabled &&
			b.At("OriginRequestPolicyId").String() == allButHost && len(viewer) == 1 && viewer[0].At("FunctionARN").Ref() == "ViewerFunction"
	}
	return false
}
