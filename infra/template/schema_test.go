package template_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/awslabs/goformation/v7"
)

// schema reads a template with AWS's own definitions of all resources: wrong types and unknown properties are refused.
func schema(text []byte) error {
	// Of SAM goformation does not know LoggingConfig, and calls AccessLogSettings without its last letter.
	known := strings.ReplaceAll(string(text), "AccessLogSettings:", "AccessLogSetting:")
	known = regexp.MustCompile(`(?m)^ +LoggingConfig: .*$`).ReplaceAllString(known, "")
	_, err := goformation.ParseYAML([]byte(known))
	return err
}

func TestTheTemplatesFitTheirSchema(t *testing.T) {
	for _, path := range []string{"../../template.yaml", "../edge.yaml", "../fleet.yaml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema(text); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if len(text) > 1<<20 {
			t.Errorf("%s has %d bytes; CloudFormation takes 1 MB from a bucket", path, len(text))
		}
	}
}

func TestTheSchemaRefuses(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"BillingMode: PAY_PER_REQUEST":     "BilingMode: PAY_PER_REQUEST",
		"RetentionInDays: !Ref LogDays":    "RetentionInDays: {days: 7}",
		"HttpVersion: http2and3":           "HttpVersion: [http2and3]",
		"CodeUri: bin/lambda/identity.zip": "CodeUrl: bin/lambda/identity.zip",
	} {
		broken := strings.Replace(string(text), from, to, 1)
		if broken == string(text) {
			t.Errorf("%q is not in the template", from)
		}
		if schema([]byte(broken)) == nil {
			t.Errorf("%q is accepted", to)
		}
	}
}
