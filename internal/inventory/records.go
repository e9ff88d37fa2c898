package inventory

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"muster/internal/awsapi"
)

// records are those of an answer, in pieces: none is copied as they grow in number,
// and the memory of those that are printed is free while others wait.
type records [][]Instance

// next is room for a record behind the last, which add keeps.
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

// complete adds what the SDK has read of the same answer. The records are in its
// order; some are not wanted, and not there.
func (p records) complete(out *ec2.DescribeInstancesOutput) error {
	var missing []*Instance
	for _, piece := range p {
		for i := range piece {
			missing = append(missing, &piece[i])
		}
	}
	for _, reservation := range out.Reservations {
		for i := range reservation.Instances {
			if len(missing) > 0 && aws.ToString(reservation.Instances[i].InstanceId) == missing[0].InstanceId {
				missing[0].ec2, missing = &reservation.Instances[i], missing[1:]
			}
		}
	}
	if len(missing) > 0 {
		return &awsapi.BrokenAnswer{Operation: "DescribeInstances", Msg: "gave an answer in which the SDK does not find " + missing[0].InstanceId}
	}
	return nil
}
