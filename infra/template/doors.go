package template

import (
	"slices"
	"strings"
)

// doors checks what is open to whom: buckets, ports, machines, secrets.
func doors(t *Value) []Finding {
	var list []Finding
	for _, name := range t.At("Resources").Keys() {
		r := t.At("Resources", name)
		switch r.At("Type").String() {
		case "AWS::S3::Bucket":
			list = append(list, bucket(t, name, r)...)
		case "AWS::EC2::SecurityGroup":
			list = append(list, ports(r)...)
		case "AWS::EC2::LaunchTemplate":
			list = append(list, machine(r)...)
		case "AWS::Logs::LogGroup":
			if r.At("Properties", "RetentionInDays").IsZero() {
				list = append(list, found(r, "%s is kept for ever", name))
			}
		case "AWS::CloudFront::Distribution":
			list = append(list, distribution(r.At("Properties", "DistributionConfig"))...)
		case "AWS::SecretsManager::Secret":
			if !r.At("Properties", "SecretString").IsZero() {
				list = append(list, found(r, "the secret %s lies open in the template", name))
			}
		case "AWS::SNS::Topic", "AWS::IAM::User", "AWS::IAM::AccessKey":
			if r.At("Type").String() != "AWS::SNS::Topic" {
				list = append(list, found(r, "%s: there are roles for that", name))
			}
		}
	}
	for _, name := range t.At("Parameters").Keys() {
		p := t.At("Parameters", name)
		lower := strings.ToLower(name)
		secret := strings.Contains(lower, "secret") || strings.Contains(lower, "password") || strings.HasSuffix(lower, "key")
		if secret && !strings.HasSuffix(name, "Arn") {
			list = append(list, found(p, "the parameter %s would hold a secret: give the ARN of one", name))
		}
	}
	return list
}

func bucket(t *Value, name string, r *Value) []Finding {
	var list []Finding
	for _, p := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
		if r.At("Properties", "PublicAccessBlockConfiguration", p).String() != "true" {
			list = append(list, found(r, "%s may become public: %s is not true", name, p))
		}
	}
	if r.At("Properties", "BucketEncryption").IsZero() {
		list = append(list, found(r, "%s is not encrypted", name))
	}
	if !r.At("Properties", "AccessControl").IsZero() {
		list = append(list, found(r, "%s has an access control list", name))
	}
	if r.At("Properties", "LifecycleConfiguration", "Rules").IsZero() {
		list = append(list, found(r, "%s keeps everything for ever: it has no lifecycle", name))
	}
	if !tlsOnly(t, name) {
		list = append(list, found(r, "%s can be asked without TLS: no policy denies it", name))
	}
	return append(list, retained(r)...)
}

func tlsOnly(t *Value, bucket string) bool {
	for _, name := range t.At("Resources").Keys() {
		p := t.At("Resources", name)
		if p.At("Type").String() != "AWS::S3::BucketPolicy" || p.At("Properties", "Bucket").Ref() != bucket {
			continue
		}
		for _, s := range p.At("Properties", "PolicyDocument", "Statement").Items() {
			if s.At("Effect").String() == "Deny" && s.At("Principal").String() == "*" && s.At("Action").String() == "s3:*" &&
				s.At("Condition", "Bool", "aws:SecureTransport").String() == "false" && coversBucket(s.At("Resource"), bucket) {
				return true
			}
		}
	}
	return false
}

func coversBucket(resources *Value, bucket string) bool {
	self, objects := false, false
	for _, r := range resources.Items() {
		self = self || r.At("Fn::GetAtt") != nil && r.Ref() == bucket
		objects = objects || r.At("Fn::Sub").String() == "${"+bucket+".Arn}/*"
	}
	return self && objects
}

// ports lets in what a relay serves and nothing else.
func ports(r *Value) []Finding {
	var list []Finding
	for _, rule := range r.At("Properties", "SecurityGroupIngress").Items() {
		what := rule.At("IpProtocol").String() + " " + rule.At("FromPort").String() + "-" + rule.At("ToPort").String()
		if !slices.Contains([]string{"tcp 443-443", "tcp 7882-7882", "udp 7882-7882"}, what) {
			list = append(list, found(rule, "%s is open", what))
		}
	}
	return list
}

func machine(r *Value) []Finding {
	var list []Finding
	data := r.At("Properties", "LaunchTemplateData")
	if data.At("MetadataOptions", "HttpTokens").String() != "required" || data.At("MetadataOptions", "HttpPutResponseHopLimit").String() != "1" {
		list = append(list, found(data, "the machine's metadata can be read without a token, or from further away"))
	}
	for _, d := range data.At("BlockDeviceMappings").Items() {
		if d.At("Ebs", "Encrypted").String() != "true" {
			list = append(list, found(d, "the machine's disk is not encrypted"))
		}
	}
	if !data.At("KeyName").IsZero() {
		list = append(list, found(data.At("KeyName"), "nobody signs in to a relay"))
	}
	return list
}

func distribution(d *Value) []Finding {
	var list []Finding
	if d.At("HttpVersion").String() != "http2and3" {
		list = append(list, found(d, "CloudFront speaks no HTTP/3"))
	}
	if d.At("WebACLId").IsZero() {
		list = append(list, found(d, "nothing limits how often somebody asks"))
	}
	if v := d.At("ViewerCertificate", "MinimumProtocolVersion").String(); v != "TLSv1.2_2021" {
		list = append(list, found(d, "CloudFront accepts old TLS: %q", v))
	}
	for _, b := range append(d.At("CacheBehaviors").Items(), d.At("DefaultCacheBehavior")) {
		if p := b.At("ViewerProtocolPolicy").String(); p != "https-only" && p != "redirect-to-https" {
			list = append(list, found(b, "pages or calls without TLS: %q", p))
		}
	}
	if d.At("DefaultCacheBehavior", "ResponseHeadersPolicyId").Ref() == "" {
		list = append(list, found(d, "pages have no security headers"))
	}
	for _, o := range d.At("Origins").Items() {
		if o.At("Id").String() != "api" {
			continue
		}
		if o.At("CustomOriginConfig", "OriginProtocolPolicy").String() != "https-only" {
			list = append(list, found(o, "CloudFront asks the API without TLS"))
		}
		if headers := o.At("OriginCustomHeaders").Items(); len(headers) != 1 || headers[0].At("HeaderName").String() != "x-coopnet-edge" {
			list = append(list, found(o, "the functions cannot tell what came through CloudFront"))
		}
	}
	return list
}
