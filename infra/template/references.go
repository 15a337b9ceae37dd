package template

import (
	"slices"
	"strings"
)

// attributes are those that Fn::GetAtt knows of the types that we use; resources of other types have none.
func attributes(kind string) []string {
	switch kind {
	case "AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::IAM::Role", "AWS::IAM::InstanceProfile", "AWS::Serverless::Function":
		return []string{"Arn"}
	case "AWS::S3::Bucket":
		return []string{"Arn", "DomainName", "RegionalDomainName"}
	case "AWS::CloudFront::OriginAccessControl":
		return []string{"Id"}
	case "AWS::CloudFront::Function":
		return []string{"FunctionARN"}
	case "AWS::CloudFront::Distribution":
		return []string{"DomainName", "Id"}
	case "AWS::WAFv2::WebACL":
		return []string{"Arn", "Id"}
	case "AWS::EC2::LaunchTemplate":
		return []string{"LatestVersionNumber", "DefaultVersionNumber", "LaunchTemplateId"}
	case "AWS::EC2::VPC":
		return []string{"Ipv6CidrBlocks", "CidrBlock", "VpcId"}
	}
	return nil
}

func pseudo() []string {
	return []string{"AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::StackName", "AWS::StackId", "AWS::URLSuffix", "AWS::NoValue"}
}

// references finds names that lead nowhere, attributes that a resource does not have, and resources that may not be there
// when another needs them.
func references(t *Value) []Finding {
	c := &referenceCheck{template: t}
	for _, section := range []string{"Resources", "Outputs", "Conditions", "Rules", "Globals"} {
		for _, name := range t.At(section).Keys() {
			v := t.At(section, name)
			c.visit(v, v.At("Condition").String())
		}
	}
	c.unused()
	return c.findings
}

type referenceCheck struct {
	template *Value
	used     []string
	findings []Finding
}

func (c *referenceCheck) report(v *Value, format string, args ...any) {
	c.findings = append(c.findings, found(v, format, args...))
}

// visit walks below v, where condition holds.
func (c *referenceCheck) visit(v *Value, condition string) {
	for _, key := range v.Keys() {
		argument := v.At(key)
		switch key {
		case "Ref":
			c.name(argument, argument.Text, "", condition)
		case "Fn::GetAtt":
			if len(argument.items) != 2 {
				c.report(argument, "Fn::GetAtt needs a resource and an attribute")
				continue
			}
			c.name(argument, argument.items[0].Text, argument.items[1].Text, condition)
		case "Fn::Sub":
			c.substitute(argument, condition)
		case "Condition":
			if argument.Text != "" {
				c.condition(argument, argument.Text)
			} else {
				c.visit(argument, condition) // of a policy's statement
			}
		case "DependsOn":
			for _, on := range argument.Items() {
				c.name(on, on.Text, "", condition)
			}
		case "Fn::If":
			c.choose(argument, condition)
		default:
			c.visit(argument, condition)
		}
	}
	for _, item := range v.items {
		c.visit(item, condition)
	}
}

func (c *referenceCheck) choose(v *Value, condition string) {
	if len(v.items) != 3 {
		c.report(v, "Fn::If needs a condition and two values")
		return
	}
	c.condition(v, v.items[0].Text)
	c.visit(v.items[1], v.items[0].Text)
	c.visit(v.items[2], condition)
}

func (c *referenceCheck) substitute(v *Value, condition string) {
	text, own := v, []string(nil)
	if len(v.items) == 2 {
		text, own = v.items[0], v.items[1].Keys()
		c.visit(v.items[1], condition)
	}
	for _, name := range substitutions(text.Text) {
		if slices.Contains(own, name) {
			continue
		}
		resource, attribute, _ := strings.Cut(name, ".")
		c.name(v, resource, attribute, condition)
	}
}

func (c *referenceCheck) condition(v *Value, name string) {
	c.used = append(c.used, name)
	if c.template.At("Conditions", name) == nil {
		c.report(v, "there is no condition %q", name)
	}
}

func (c *referenceCheck) name(v *Value, name, attribute, condition string) {
	c.used = append(c.used, name)
	if slices.Contains(pseudo(), name) {
		return
	}
	if c.template.At("Parameters", name) != nil {
		if attribute != "" {
			c.report(v, "the parameter %q has no attribute %q", name, attribute)
		}
		return
	}
	r := c.template.At("Resources", name)
	if r == nil {
		c.report(v, "%q is neither a parameter nor a resource", name)
		return
	}
	kind := r.At("Type").String()
	isOutput := kind == "AWS::CloudFormation::Stack" && strings.HasPrefix(attribute, "Outputs.")
	if attribute != "" && !isOutput && !slices.Contains(attributes(kind), attribute) {
		c.report(v, "%s (%s) has no attribute %q", name, kind, attribute)
	}
	if needs := r.At("Condition").String(); needs != "" && !implies(c.template, condition, needs) {
		c.report(v, "%q is only there when %s holds, and this does not ask for it", name, needs)
	}
}

// implies reports whether one condition holds whenever another does: it is the same, or one of those that Fn::And joins.
func implies(t *Value, condition, needs string) bool {
	if condition == needs {
		return true
	}
	for _, part := range t.At("Conditions", condition, "Fn::And").Items() {
		if part.At("Condition").String() == needs {
			return true
		}
	}
	return false
}

// unused finds what was forgotten.
func (c *referenceCheck) unused() {
	for _, section := range []string{"Parameters", "Conditions"} {
		for _, name := range c.template.At(section).Keys() {
			if !slices.Contains(c.used, name) {
				c.report(c.template.At(section, name), "%q of %s is used by nothing", name, section)
			}
		}
	}
}

// nested checks that a stack gives the parameters that its template wants, and takes outputs that are there.
func nested(t *Value, templates map[string]*Value) []Finding {
	var list []Finding
	for _, name := range t.At("Resources").Keys() {
		r := t.At("Resources", name)
		if r.At("Type").String() != "AWS::CloudFormation::Stack" {
			continue
		}
		url := r.At("Properties", "TemplateURL")
		inner := templates[url.String()]
		if inner == nil {
			list = append(list, found(url, "there is no template %q", url.String()))
			continue
		}
		given := r.At("Properties", "Parameters")
		for _, p := range inner.At("Parameters").Keys() {
			if given.At(p) == nil && inner.At("Parameters", p, "Default") == nil {
				list = append(list, found(r, "%s is not given the parameter %q of %s", name, p, url.Text))
			}
		}
		for _, p := range given.Keys() {
			if inner.At("Parameters", p) == nil {
				list = append(list, found(given.At(p), "%s has no parameter %q", url.Text, p))
			}
		}
		t.Walk(func(v *Value) {
			a := v.At("Fn::GetAtt")
			if a == nil || len(a.items) != 2 || a.items[0].Text != name {
				return
			}
			if output, ok := strings.CutPrefix(a.items[1].Text, "Outputs."); ok && inner.At("Outputs", output) == nil {
				list = append(list, found(a, "%s has no output %q", url.Text, output))
			}
		})
	}
	return list
}
