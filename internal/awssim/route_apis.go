package awssim

// api is a service in one protocol. Its operations are in the table of operations under its prefix.
type api struct {
	service     string
	signingName string
	actions     string // prefix of IAM actions
	protocol    protocol
	prefix      string // of the keys in operations
	namespace   string // of XML
	throttling  apiError
	invalid     string // code of the error for a wrong parameter
	operations  map[string]handler
}

var throttlingQuery = apiError{status: 400, code: "Throttling", message: "Rate exceeded"}

var throttlingJSON = apiError{status: 400, code: "ThrottlingException", message: "Rate exceeded"}

// apis are the services that list their resources; IAM also changes access keys.
func apis() []*api {
	return []*api{
		{service: "iam", signingName: "iam", actions: "iam:", protocol: protocolQuery, prefix: "2010-05-08:",
			namespace: "https://iam.amazonaws.com/doc/2010-05-08/", throttling: throttlingQuery, invalid: "ValidationError",
			operations: map[string]handler{"ListUsers": (*Server).listUsers, "ListRoles": (*Server).listRoles,
				"ListAccessKeys": (*Server).listAccessKeys, "GetAccessKeyLastUsed": (*Server).getAccessKeyLastUsed,
				"UpdateAccessKey": (*Server).updateAccessKey}},
		{service: "lambda", signingName: "lambda", actions: "lambda:", protocol: protocolREST,
			throttling: apiError{status: 429, code: "TooManyRequestsException", message: "Rate exceeded"}, invalid: "InvalidParameterValueException",
			operations: map[string]handler{"ListFunctions": (*Server).listFunctions}},
		{service: "sqs", signingName: "sqs", actions: "sqs:", protocol: protocolJSON10, prefix: "AmazonSQS.",
			throttling: throttlingJSON, invalid: "InvalidParameterValueException",
			operations: map[string]handler{"ListQueues": (*Server).listQueues}},
		{service: "dynamodb", signingName: "dynamodb", actions: "dynamodb:", protocol: protocolJSON10, prefix: "DynamoDB_20120810.",
			throttling: throttlingJSON, invalid: "ValidationException",
			operations: map[string]handler{"ListTables": (*Server).listTables}},
		{service: "rds", signingName: "rds", actions: "rds:", protocol: protocolQuery, prefix: "2014-10-31:",
			namespace: "http://rds.amazonaws.com/doc/2014-10-31/", throttling: throttlingQuery, invalid: "InvalidParameterValue",
			operations: map[string]handler{"DescribeDBInstances": (*Server).describeDBInstances}},
		{service: "ecs", signingName: "ecs", actions: "ecs:", protocol: protocolJSON, prefix: "AmazonEC2ContainerServiceV20141113.",
			throttling: throttlingJSON, invalid: "InvalidParameterException",
			operations: map[string]handler{"ListClusters": (*Server).listClusters, "DescribeClusters": (*Server).describeClusters}},
		{service: "elbv2", signingName: "elasticloadbalancing", actions: "elasticloadbalancing:", protocol: protocolQuery, prefix: "2015-12-01:",
			namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/", throttling: throttlingQuery, invalid: "ValidationError",
			operations: map[string]handler{"DescribeLoadBalancers": (*Server).describeLoadBalancers}},
		cloudFormationAPI(),
		cloudWatch(protocolQuery, "2010-08-01:", throttlingQuery),
		cloudWatch(protocolJSON10, "GraniteServiceVersion20100801.", throttlingJSON),
		cloudWatch(protocolCBOR, "POST /service/GraniteServiceVersion20100801/operation/", throttlingJSON),
	}
}

// cloudWatch returns CloudWatch in one of its three protocols.
func cloudWatch(p protocol, prefix string, throttling apiError) *api {
	return &api{service: "cloudwatch", signingName: "monitoring", actions: "cloudwatch:", protocol: p, prefix: prefix,
		namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/", throttling: throttling, invalid: "InvalidParameterValue",
		operations: map[string]handler{"DescribeAlarms": (*Server).describeAlarms}}
}

// restPaths are the keys of operations that have a path of their own.
var restPaths = map[string]string{"ListFunctions": "GET /2015-03-31/functions"}

// addAPIs puts the operations of apis into the table.
func addAPIs(table map[string]*operation) {
	for _, api := range apis() {
		for name, serve := range api.operations {
			key := api.prefix + name
			if api.protocol == protocolREST {
				key = restPaths[name]
			}
			table[key] = &operation{service: api.service, name: name, protocol: api.protocol, api: api, action: api.actions + name,
				serve: serve, identify: (*Server).signed}
		}
	}
}

// signingName returns the name of the service in signatures.
func (op *operation) signingName() string {
	if op.api != nil {
		return op.api.signingName
	}
	return op.service
}
