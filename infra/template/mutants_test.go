package template_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coopnet/coopnet/infra/template"
)

// mutant is a template with one mistake: where it is made, and what the finding says.
type mutant struct {
	file, from, to, want string
}

func mutants() []mutant {
	const main, fleet, edge = "template.yaml", "infra/fleet.yaml", "infra/edge.yaml"
	return []mutant{
		// References.
		{main, "COOPNET_TURN_SECRET_ARN: !Ref TurnSecret", "COOPNET_TURN_SECRET_ARN: !Ref TurnSecrets", `"TurnSecrets" is neither`},
		{main, "Role: !GetAtt IdentityRole.Arn", "Role: !GetAtt IdentityRole.ARN", `no attribute "ARN"`},
		{main, `!Sub "${PortalBucket.Arn}/*"`, `!Sub "${PortalBuckets.Arn}/*"`, `"PortalBuckets" is neither`},
		{main, "Condition: HasZone", "Condition: HasZones", `no condition "HasZones"`},
		{main, `!If [HasAlarms, !Ref AlarmTopic, ""]`, "!Ref AlarmTopic", `"AlarmTopic" is only there when HasAlarms`},
		{main, "!And [!Condition HasAlarms, ", "!And [!Condition HasZone, ", `"AlarmTopic" is only there when HasAlarms`},
		{main, "TemplateURL: infra/fleet.yaml", "TemplateURL: infra/fleets.yaml", "infra/fleets.yaml"},
		{main, "        TurnSecretArn: !Ref TurnSecret\n", "", `not given the parameter "TurnSecretArn"`},
		{main, "PublicUrl: !Sub", "PublicURL: !Sub", `no parameter "PublicURL"`},
		{main, "!GetAtt Edge.Outputs.WebAclArn", "!GetAtt Edge.Outputs.WebAcl", `no output "WebAcl"`},
		{fleet, "ImageId: !Ref Image", "ImageId: ami-1", `"Image" of Parameters is used by nothing`},
		{main, "  StaffTable:\n    Type: AWS::DynamoDB::Table", "  StaffTable: &table\n    Type: AWS::DynamoDB::Table", "anchors"},
		{main, "      BillingMode: PAY_PER_REQUEST", "      BillingMode: PAY_PER_REQUEST\n      BillingMode: PROVISIONED", "twice"},
		// Tables.
		{main, "{AttributeName: order, AttributeType: S}", "{AttributeName: orders, AttributeType: S}", `the key "order", which AttributeDefinitions`},
		{main, "{AttributeName: list, KeyType: HASH}", "{AttributeName: sk, KeyType: HASH}", "the code has [list(list, order"},
		{main, "NonKeyAttributes: [opens, until, expires, kind, revoked, knock]", "NonKeyAttributes: [opens, until]", "the code has [list(list, order; opens, until, expires, kind, revoked, knock) person"},
		{main, "{AttributeName: ttl, Enabled: true}", "{AttributeName: expires, Enabled: true}", `the TTL "expires"`},
		{main, "PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false", "PointInTimeRecoveryEnabled is"},
		{main, "      SSESpecification: {SSEEnabled: true, SSEType: KMS}\n", "", "SSEEnabled is"},
		{main, "BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED", "BillingMode is"},
		{main, "    DeletionPolicy: Retain\n", "", "DeletionPolicy must be Retain"},
		{main, "  IdentityTable:\n", "  IdentitiesTable:\n", `no table for the domain "identity"`},
		// Permissions.
		{main, `["dynamodb:GetItem"], Resource: !GetAtt IdentityTable.Arn`, `["dynamodb:GetItem", "dynamodb:PutItem"], Resource: !GetAtt IdentityTable.Arn`, "is permitted dynamodb:PutItem IdentityTable, and never calls it"},
		{main, `"dynamodb:DeleteItem"], Resource: !GetAtt IdentityTable.Arn`, `"dynamodb:Scan"], Resource: !GetAtt IdentityTable.Arn`, "IdentityFunction calls dynamodb:DeleteItem IdentityTable"},
		{main, `Resource: [!Sub "${ConferenceTable.Arn}/index/list", `, `Resource: [!Sub "${ConferenceTable.Arn}/index/*", `, "ConferenceTable/index/list, and its role does not permit"},
		{main, `["dynamodb:GetItem"], Resource: !GetAtt IdentityTable.Arn`, `["dynamodb:GetItem"], Resource: "*"`, "dynamodb:GetItem is permitted for every resource"},
		{main, `["dynamodb:GetItem"], Resource: !GetAtt IdentityTable.Arn`, `["dynamodb:*"], Resource: !GetAtt IdentityTable.Arn`, `"dynamodb:*" is a wildcard`},
		{main, "Resource: [!Ref EdgeSecret, !Ref TurnSecret, !Ref ProviderSecret]", "Resource: [!Ref EdgeSecret, !Ref ProviderSecret]", "calls secretsmanager:GetSecretValue TurnSecret"},
		{main, "Resource: !GetAtt IdentityLog.Arn", "Resource: !GetAtt ConferenceLog.Arn", "logs:PutLogEvents IdentityLog"},
		{fleet, `["secretsmanager:GetSecretValue"], Resource: [!Ref CertificateSecretArn, !Ref TurnSecretArn, !Ref RelayKeyArn]`, `["secretsmanager:GetSecretValue"], Resource: "*"`, "for every resource"},
		{main, "Principal: {Service: cloudfront.amazonaws.com}", `Principal: "*"`, "permits everybody"},
		{main, `Resource: !Sub "${ReleasesBucket.Arn}/software/*"`, `Resource: !Sub "${ReleasesBucket.Arn}/*"`, "calls s3:GetObject ReleasesBucket/software/*, and its role does not permit it"},
		{main, `["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource: !Sub "${ReportsBucket.Arn}/diagnostics/*"`, `["s3:GetObject", "s3:PutObject"], Resource: !Sub "${ReportsBucket.Arn}/diagnostics/*"`, "calls s3:DeleteObject ReportsBucket/diagnostics/*"},
		// Doors.
		{main, "BlockPublicPolicy: true", "BlockPublicPolicy: false", "may become public: BlockPublicPolicy"},
		{main, `"aws:SecureTransport": "false"`, `"aws:SecureTransport": "true"`, "without TLS"},
		{main, `Resource: [!GetAtt ReportsBucket.Arn, !Sub "${ReportsBucket.Arn}/*"]`, `Resource: [!GetAtt ReportsBucket.Arn]`, "ReportsBucket can be asked without TLS"},
		{main, "      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: AES256}}]}\n", "", "is not encrypted"},
		{main, "    Properties: {RetentionInDays: !Ref LogDays}\n  IdentityRole", "    Properties: {LogGroupName: identity}\n  IdentityRole", "kept for ever"},
		{main, "COOPNET_EDGE_SECRET: !Ref EdgeSecret", "COOPNET_EDGE_SECRET: hunter2", "lies open"},
		{main, "COOPNET_TURN_SECRET_ARN: !Ref TurnSecret", `COOPNET_TURN_SECRET_ARN: !Sub "{{resolve:secretsmanager:${TurnSecret}}}"`, "would lie open"},
		{main, "  LogDays:\n", "  TurnSecretText:\n    Type: String\n  LogDays:\n", "would hold a secret"},
		{main, "      GenerateSecretString: {PasswordLength: 48, ExcludePunctuation: true}\n", "      SecretString: hunter2\n", "lies open in the template"},
		{main, "HttpVersion: http2and3", "HttpVersion: http2", "no HTTP/3"},
		{main, "        WebACLId: !If [OwnEdge, !GetAtt Edge.Outputs.WebAclArn, !Ref WebAclArn]\n", "", "how often"},
		{main, "MinimumProtocolVersion: TLSv1.2_2021", "MinimumProtocolVersion: TLSv1", "old TLS"},
		{main, "HeaderName: x-coopnet-edge", "HeaderName: x-edge", "cannot tell what came through"},
		{main, "ViewerProtocolPolicy: https-only", "ViewerProtocolPolicy: allow-all", "without TLS"},
		{fleet, "{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}", "{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}", "tcp 22-22 is open"},
		{fleet, "HttpTokens: required", "HttpTokens: optional", "metadata"},
		{fleet, "Encrypted: true", "Encrypted: false", "disk is not encrypted"},
		// Routes and functions.
		{main, "Path: /api/v1/identity,", "Path: /api/v1/identities,", "/api/v1/identity goes to conference, and not to identity"},
		{main, `        End: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: "/api/v1/conferences/{id}/end",`, `        End: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: "/api/v1/conferences/{id}/{verb}",`, "POST /api/v1/conferences/{id}/end is caught by"},
		{main, "          - PathPattern: /healthz\n", "          - PathPattern: /health\n", "does not pass /healthz on"},
		{main, "CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6", "does not pass"},
		{main, "COOPNET_TABLE_STAFF: !Ref StaffTable", "COOPNET_TABLE_STAFF: !Ref IdentityTable", "COOPNET_TABLE_STAFF is IdentityTable, not StaffTable"},
		{main, "COOPNET_LOG_LEVEL: info", "COOPNET_LOGLEVEL: info", "no function listens to COOPNET_LOGLEVEL"},
		{main, "Runtime: provided.al2023", "Runtime: provided.al2", "Runtime is"},
		{main, "CodeUri: bin/lambda/installer.zip", "CodeUri: bin/lambda/identity.zip", "CodeUri is"},
		{main, "Architectures: [arm64]", "Architectures: [x86_64]", "is not built for"},
		{main, "  DiagnosticsThrottlesAlarm:", "  DiagnosticsThrottleAlarm:", "no alarm for throttles"},
		{edge, "Value: !GetAtt WebAcl.Arn", "Value: !GetAtt WebAcl.ARN", `no attribute "ARN"`},
	}
}

// TestMutants: a template with a mistake is refused, with a message that names file, line and mistake.
func TestMutants(t *testing.T) {
	want := expectations(t)
	for _, m := range mutants() {
		text, err := os.ReadFile(filepath.Join("../..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		broken := strings.Replace(string(text), m.from, m.to, 1)
		if broken == string(text) {
			t.Errorf("%q is not in %s: the mutant is none", m.from, m.file)
			continue
		}
		folder := t.TempDir()
		for _, file := range []string{"template.yaml", "infra/edge.yaml", "infra/fleet.yaml"} {
			content, err := os.ReadFile(filepath.Join("../..", file))
			if err != nil {
				t.Fatal(err)
			}
			if file == m.file {
				content = []byte(broken)
			}
			path := filepath.Join(folder, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if said := examine(folder, want); !strings.Contains(said, m.want) || !strings.Contains(said, ".yaml") {
			t.Errorf("%q: %q is not among the findings:\n%s", m.to, m.want, said)
		}
	}
}

func examine(folder string, want template.Expectations) string {
	stack, err := template.LoadStack(folder)
	if err != nil {
		return err.Error()
	}
	var said strings.Builder
	for _, f := range stack.Check(want) {
		fmt.Fprintln(&said, f)
	}
	return said.String()
}
