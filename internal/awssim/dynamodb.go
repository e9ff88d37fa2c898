package awssim

// listTables lists the tables of DynamoDB. As its token is the name of a table, the list may begin after any name.
func (s *Server) listTables(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"ExclusiveStartTableName": textParameter, "Limit": numberParameter})
	if err != nil {
		return nil, err
	}
	limit, given := in["Limit"].(int)
	switch after, named := in["ExclusiveStartTableName"].(string); {
	case given && (limit < 1 || limit > 100):
		return nil, r.invalidParameter("Limit is %d, not between 1 and 100", limit)
	case named && len(after) < 3:
		return nil, r.invalidParameter("ExclusiveStartTableName is %q, shorter than 3 characters", after)
	case !given:
		limit = 100
	}
	if size := s.world.Lists.PageSize; size > 0 {
		limit = min(limit, size)
	}
	names := sequence{values: []any{}}
	last := ""
	for _, table := range r.resources("table") {
		if table.Name <= in.text("ExclusiveStartTableName") {
			continue
		}
		if len(names.values) == limit {
			return r.respond(object{{"TableNames", names}, {"LastEvaluatedTableName", last}}), nil
		}
		last = table.Name
		names.values = append(names.values, last)
	}
	return r.respond(object{{"TableNames", names}}), nil
}
