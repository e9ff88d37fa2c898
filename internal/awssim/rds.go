package awssim

import "slices"

// describeDBInstances lists the databases of RDS. Filters are not simulated.
func (s *Server) describeDBInstances(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"DBInstanceIdentifier": textParameter, "MaxRecords": numberParameter, "Marker": textParameter})
	if err != nil {
		return nil, err
	}
	found := r.resources("database")
	if id, named := in["DBInstanceIdentifier"]; named {
		found = slices.DeleteFunc(found, func(db Resource) bool { return db.Name != id && r.arn("rds", "db:"+db.Name) != id })
		if len(found) == 0 {
			return nil, fail(404, "DBInstanceNotFound", "DBInstance %v not found.", id)
		}
	}
	p, err := s.pageOf(r, in, paging{limit: "MaxRecords", token: "Marker", least: 20, most: 100, usual: 100}, len(found))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"DBInstances", sequenceOf(found[p.from:p.to], r.database).named("DBInstance")}}.with("Marker", p.next)), nil
}

// databaseEngines maps engines to their version and port.
var databaseEngines = map[string]struct {
	version string
	port    int
}{"postgres": {"17.4", 5432}, "mysql": {"8.4.5", 3306}, "mariadb": {"11.4.5", 3306}}

func (r *request) database(db Resource) any {
	g := db.derive(0)
	engine := databaseEngines[db.Type]
	host := db.Name + "." + g.text("abcdefghijklmnopqrstuvwxyz0123456789", 12) + "." + r.region + ".rds." + r.server.suffix
	group := object{{"VpcSecurityGroupId", defaultGroup(defaultVPC(db.Account, db.Region)).ID}, {"Status", "active"}}
	return object{
		{"DBInstanceIdentifier", db.Name}, {"DBInstanceClass", "db.t4g.medium"}, {"Engine", db.Type}, {"DBInstanceStatus", db.State},
		{"MasterUsername", "root"}, {"Endpoint", object{{"Address", host}, {"Port", engine.port}}}, {"AllocatedStorage", 20},
		{"InstanceCreateTime", db.created()}, {"BackupRetentionPeriod", 7},
		{"VpcSecurityGroups", sequence{"VpcSecurityGroupMembership", []any{group}}},
		{"AvailabilityZone", r.region + "a"}, {"MultiAZ", false}, {"EngineVersion", engine.version}, {"PubliclyAccessible", false},
		{"StorageType", "gp3"}, {"StorageEncrypted", true}, {"DbiResourceId", "db-" + g.base32(26)},
		{"DBInstanceArn", r.arn("rds", "db:"+db.Name)}, {"DeletionProtection", false}, {"TagList", sequence{element: "Tag"}},
	}
}
