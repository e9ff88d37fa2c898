package awssim

import (
	"slices"
	"strings"
)

// describeAlarms lists the alarms of CloudWatch, all of which watch a metric. ChildrenOfAlarmName, ParentsOfAlarmName and
// ActionPrefix are not simulated.
func (s *Server) describeAlarms(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"AlarmNames": textsParameter, "AlarmNamePrefix": textParameter, "AlarmTypes": textsParameter,
		"StateValue": textParameter, "MaxRecords": numberParameter, "NextToken": textParameter})
	if err != nil {
		return nil, err
	}
	names, types, state := in.texts("AlarmNames"), in.texts("AlarmTypes"), in.text("StateValue")
	switch prefix, prefixed := in["AlarmNamePrefix"]; {
	case prefixed && len(names) > 0:
		return nil, r.invalidParameter("AlarmNames and AlarmNamePrefix %v cannot be specified together", prefix)
	case !slices.Contains([]string{"", "OK", "ALARM", "INSUFFICIENT_DATA"}, state):
		return nil, r.invalidParameter("StateValue is %s", state)
	case slices.ContainsFunc(types, func(name string) bool { return name != "MetricAlarm" && name != "CompositeAlarm" }):
		return nil, r.invalidParameter("AlarmTypes is %v", types)
	}
	found := slices.DeleteFunc(r.resources("alarm"), func(alarm Resource) bool {
		return len(names) > 0 && !slices.Contains(names, alarm.Name) || !strings.HasPrefix(alarm.Name, in.text("AlarmNamePrefix")) ||
			state != "" && alarm.State != state || len(types) > 0 && !slices.Contains(types, "MetricAlarm")
	})
	p, err := s.pageOf(r, in, paging{limit: "MaxRecords", token: "NextToken", least: 1, most: 100, usual: 50, invalidMarker: "InvalidNextToken"}, len(found))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"CompositeAlarms", sequence{}}, {"MetricAlarms", sequenceOf(found[p.from:p.to], r.alarm)}}.with("NextToken", p.next)), nil
}

func (r *request) alarm(alarm Resource) any {
	dimension := object{{"Name", "InstanceId"}, {"Value", "i-0" + alarm.derive(0).hex(16)}}
	return object{
		{"AlarmName", alarm.Name}, {"AlarmArn", r.arn("cloudwatch", "alarm:"+alarm.Name)},
		{"AlarmConfigurationUpdatedTimestamp", alarm.created()}, {"ActionsEnabled", true}, {"OKActions", sequence{}},
		{"AlarmActions", sequence{values: []any{r.arn("sns", "alarms")}}}, {"InsufficientDataActions", sequence{}},
		{"StateValue", alarm.State}, {"StateReason", "Threshold Crossed: 1 datapoint"}, {"StateUpdatedTimestamp", alarm.created().AddDate(0, 1, 0)},
		{"MetricName", "CPUUtilization"}, {"Namespace", "AWS/EC2"}, {"Statistic", "Average"},
		{"Dimensions", sequence{values: []any{dimension}}}, {"Period", 300}, {"EvaluationPeriods", 2}, {"Threshold", 92.5},
		{"ComparisonOperator", "GreaterThanThreshold"}, {"StateTransitionedTimestamp", alarm.created().AddDate(0, 1, 0)},
	}
}
