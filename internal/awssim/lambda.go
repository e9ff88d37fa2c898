package awssim

// listFunctions lists the functions of Lambda, one version of each.
func (s *Server) listFunctions(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"MasterRegion": textParameter, "FunctionVersion": textParameter,
		"Marker": textParameter, "MaxItems": numberParameter})
	if err != nil {
		return nil, err
	}
	if version, given := in["FunctionVersion"]; given && version != "ALL" {
		return nil, r.invalidParameter("FunctionVersion is %v, not ALL", version)
	}
	found := r.resources("function")
	p, err := s.pageOf(r, in, paging{limit: "MaxItems", token: "Marker", least: 1, most: 10000, usual: 50}, len(found))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"Functions", sequenceOf(found[p.from:p.to], r.function)}}.with("NextMarker", p.next)), nil
}

func (r *request) function(f Resource) any {
	g := f.derive(0)
	return object{
		{"FunctionName", f.Name}, {"FunctionArn", r.arn("lambda", "function:"+f.Name)}, {"Runtime", f.Type},
		{"Role", r.server.arn("iam", f.Account, "role/service-role/"+f.Name)}, {"Handler", "main.handler"},
		{"CodeSize", int(g.next() % 5_000_000)}, {"Description", ""}, {"Timeout", 30}, {"MemorySize", 256},
		{"LastModified", f.created().UTC().Format("2006-01-02T15:04:05.000-0700")}, {"CodeSha256", g.base64(43) + "="}, {"Version", "$LATEST"},
		{"TracingConfig", object{{"Mode", "PassThrough"}}}, {"PackageType", "Zip"},
		{"Architectures", sequence{values: []any{"arm64"}}}, {"EphemeralStorage", object{{"Size", 512}}},
		{"LoggingConfig", object{{"LogFormat", "Text"}, {"LogGroup", "/aws/lambda/" + f.Name}}},
	}
}
