package portal

import _ "embed"

//go:embed openapi.json
var openAPIDocument string

// openAPI is the description of the HTTP API that is served.
func openAPI() []byte { return []byte(openAPIDocument) }
