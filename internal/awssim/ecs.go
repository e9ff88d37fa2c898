package awssim

import "slices"

func (s *Server) listClusters(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"maxResults": numberParameter, "nextToken": textParameter})
	if err != nil {
		return nil, err
	}
	found := r.resources("cluster")
	p, err := s.pageOf(r, in, paging{limit: "maxResults", token: "nextToken", least: 1, most: 100, usual: 100}, len(found))
	if err != nil {
		return nil, err
	}
	arn := func(c Resource) any { return r.arn("ecs", "cluster/"+c.Name) }
	return r.respond(object{{"clusterArns", sequenceOf(found[p.from:p.to], arn)}}.with("nextToken", p.next)), nil
}

// describeClusters describes the clusters that are named, else the cluster named default. It ignores include.
func (s *Server) describeClusters(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"clusters": textsParameter, "include": textsParameter})
	if err != nil {
		return nil, err
	}
	names := in.texts("clusters")
	if len(names) > 100 {
		return nil, r.invalidParameter("clusters has %d elements, more than 100", len(names))
	}
	if len(names) == 0 {
		names = []string{"default"}
	}
	all := r.resources("cluster")
	var found []Resource
	failures := sequence{}
	for _, name := range names {
		i := slices.IndexFunc(all, func(c Resource) bool { return c.Name == name || r.arn("ecs", "cluster/"+c.Name) == name })
		if i < 0 {
			failures.values = append(failures.values, object{{"arn", r.arn("ecs", "cluster/"+name)}, {"reason", "MISSING"}})
			continue
		}
		found = append(found, all[i])
	}
	return r.respond(object{{"clusters", sequenceOf(found, r.cluster)}, {"failures", failures}}), nil
}

func (r *request) cluster(c Resource) any {
	return object{
		{"clusterArn", r.arn("ecs", "cluster/"+c.Name)}, {"clusterName", c.Name}, {"status", "ACTIVE"},
		{"registeredContainerInstancesCount", 0}, {"runningTasksCount", int(c.derive(0).next() % 5)}, {"pendingTasksCount", 0},
		{"activeServicesCount", 1}, {"statistics", sequence{}}, {"tags", sequence{}}, {"settings", sequence{}},
		{"capacityProviders", sequence{values: []any{"FARGATE", "FARGATE_SPOT"}}}, {"defaultCapacityProviderStrategy", sequence{}},
	}
}
