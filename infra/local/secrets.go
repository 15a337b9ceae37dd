package local

import (
	"crypto/rand"
	"maps"
	"strings"
	"sync"
)

// secrets plays CloudFormation's part, which makes them, and Secrets Manager's, which tells them.
type secrets struct {
	mu     sync.Mutex
	values map[string]string // by the resource's name
}

func newSecrets(given map[string]string) *secrets {
	s := &secrets{values: make(map[string]string)}
	maps.Copy(s.values, given)
	return s
}

const secretPrefix = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:"

func (s *secrets) arn(resource string) string { return secretPrefix + resource }

// resource is the one with that ARN.
func (s *secrets) resource(arn string) (string, bool) { return strings.CutPrefix(arn, secretPrefix) }

func (s *secrets) value(resource string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values[resource] == "" {
		s.values[resource] = rand.Text() + rand.Text()
	}
	return s.values[resource]
}
