package inventory

import (
	"muster/internal/awsapi"
	"muster/internal/wire"
)

// records holds the instances of an answer in pieces, so that none is copied when their
// number grows, and the memory of a piece is free as soon as it is printed.
type records [][]Instance

// next returns the memory for another record. The record counts once add is called.
func (p *records) next() *Instance {
	last := len(*p) - 1
	if last < 0 || len((*p)[last]) == cap((*p)[last]) {
		last++
		*p = append(*p, make([]Instance, 0, 1<<min(last, 5)))
	}
	piece := (*p)[last]
	return &piece[:len(piece)+1][len(piece)]
}

func (p records) add() {
	piece := &p[len(p)-1]
	*piece = (*piece)[:len(*piece)+1]
}

// complete adds EC2's form of each instance. answer is the same one, so its instances are
// in the same order, with others between them that the query does not select.
func (p records) complete(answer wire.Object) error {
	var missing []*Instance
	for _, piece := range p {
		for i := range piece {
			missing = append(missing, &piece[i])
		}
	}
	for _, reservation := range answer.Objects("Reservations") {
		for _, instance := range reservation.Objects("Instances") {
			if len(missing) > 0 && instance.Text("InstanceId") == missing[0].InstanceId {
				missing[0].ec2, missing = instance, missing[1:]
			}
		}
	}
	if len(missing) > 0 {
		return &awsapi.BrokenAnswer{Operation: "DescribeInstances", Msg: "gave an answer whose two readings differ at " + missing[0].InstanceId}
	}
	return nil
}
