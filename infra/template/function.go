package template

import (
	"maps"
	"slices"
	"strings"
)

// function checks one function against the code.
func (s *Stack) function(f Function, want Expectations) []Finding {
	list := f.permissions(want.Calls[f.Name])
	for name, value := range map[string]string{"Runtime": "provided.al2023", "Handler": "bootstrap", "CodeUri": "bin/lambda/" + f.Name + ".zip"} {
		if have := s.Setting(f, name); have != value {
			list = append(list, found(f.Place, "%s: %s is %q, not %q", f.Resource, name, have, value))
		}
	}
	if architecture := s.Main.At("Globals", "Function", "Architectures").Texts(); !slices.Equal(architecture, []string{"arm64"}) {
		list = append(list, found(f.Place, "%s is not built for %v", f.Resource, architecture))
	}
	for _, name := range slices.Sorted(maps.Keys(f.Environment)) {
		list = append(list, f.variable(name, want.Variables, s)...)
	}
	log := s.Main.At("Resources", f.Place.At("Properties", "LoggingConfig", "LogGroup").Ref())
	if log.At("Properties", "RetentionInDays").IsZero() {
		list = append(list, found(f.Place, "%s: its log is kept for ever", f.Resource))
	}
	for _, kind := range []string{"Errors", "Throttles", "Faults", "Latency"} {
		if s.Main.At("Resources", strings.TrimSuffix(f.Resource, "Function")+kind+"Alarm") == nil {
			list = append(list, found(f.Place, "%s has no alarm for %s", f.Resource, strings.ToLower(kind)))
		}
	}
	return list
}

// variable checks one variable of a function's environment: that the code knows it, that it names what the function may
// use, and that no secret lies open in it.
func (f Function) variable(name string, known []string, s *Stack) []Finding {
	v := f.Environment[name]
	if !slices.Contains(known, name) {
		return []Finding{found(v, "%s: no function listens to %s", f.Resource, name)}
	}
	isSecret := strings.Contains(name, "SECRET") || strings.HasSuffix(name, "KEY") || strings.Contains(name, "PASSWORD")
	target := s.Main.At("Resources", v.Ref())
	if isSecret && target.At("Type").String() != "AWS::SecretsManager::Secret" {
		return []Finding{found(v, "%s: %s is not the name of a secret, but lies open", f.Resource, name)}
	}
	if v.At("Fn::Sub") != nil && strings.Contains(v.At("Fn::Sub").Text, "{{resolve:") || strings.Contains(v.Text, "{{resolve:") {
		return []Finding{found(v, "%s: %s would lie open in the function's configuration", f.Resource, name)}
	}
	for prefix, kind := range map[string]string{"COOPNET_TABLE_": "Table", "COOPNET_BUCKET_": "Bucket"} {
		domain, ok := strings.CutPrefix(name, prefix)
		if want := strings.ToUpper(domain[:min(1, len(domain))]) + strings.ToLower(domain[min(1, len(domain)):]) + kind; ok && v.Ref() != want {
			return []Finding{found(v, "%s: %s is %s, not %s", f.Resource, name, v.Ref(), want)}
		}
	}
	return nil
}
