package gateway

import (
	"fmt"
	"strings"
)

// Route is one of an HTTP API: "POST /api/v1/admissions", "ANY /api/{proxy+}" or "$default".
type Route struct {
	Key      string
	Function string
}

// Match finds the route as API Gateway does: the most specific one, where a literal element is more than a parameter, a
// parameter more than a greedy one, a method more than ANY, and $default the last.
func Match(routes []Route, method, path string) (best Route, parameters map[string]string, ok bool) {
	rank := ""
	for _, r := range routes {
		p, thisRank, fits := r.match(method, path)
		if fits && (!ok || thisRank > rank) {
			best, parameters, rank, ok = r, p, thisRank, true
		}
	}
	return best, parameters, ok
}

// match returns a rank to compare by: one letter for each element, then one for the method.
func (r Route) match(method, path string) (parameters map[string]string, rank string, ok bool) {
	if r.Key == "$default" {
		return nil, "", true
	}
	wantMethod, pattern, found := strings.Cut(r.Key, " ")
	if !found || wantMethod != "ANY" && wantMethod != method {
		return nil, "", false
	}
	parameters = make(map[string]string)
	want, have := strings.Split(strings.TrimPrefix(pattern, "/"), "/"), strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, element := range want {
		name, isParameter := strings.CutPrefix(element, "{")
		name = strings.TrimSuffix(name, "}")
		greedy, isGreedy := strings.CutSuffix(name, "+")
		switch {
		case isParameter && isGreedy:
			if len(have) <= i || have[i] == "" {
				return nil, "", false
			}
			parameters[greedy] = strings.Join(have[i:], "/")
			return parameters, rank + "a" + methodRank(wantMethod), true
		case len(have) <= i:
			return nil, "", false
		case isParameter && have[i] != "":
			parameters[name] = have[i]
			rank += "b"
		case element == have[i]:
			rank += "c"
		default:
			return nil, "", false
		}
	}
	if len(have) != len(want) {
		return nil, "", false
	}
	return parameters, rank + methodRank(wantMethod), true
}

func methodRank(method string) string {
	if method == "ANY" {
		return "0"
	}
	return "1"
}

// Validate says what is wrong with the route's key.
func (r Route) Validate() error {
	if r.Key == "$default" {
		return nil
	}
	method, path, found := strings.Cut(r.Key, " ")
	switch method {
	case "ANY", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
	default:
		return fmt.Errorf("route %q begins with no method", r.Key)
	}
	if !found || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("route %q has no path", r.Key)
	}
	elements := strings.Split(path, "/")
	for i, e := range elements {
		if strings.HasSuffix(e, "+}") && i != len(elements)-1 {
			return fmt.Errorf("route %q goes on after its greedy parameter", r.Key)
		}
	}
	return nil
}
