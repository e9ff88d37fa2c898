package inventory

import "testing"

func TestOwners(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ description, kind, requester, status, want string }{
		{"ELB app/shop/50dc6c495c0c9188", "interface", "amazon-elb", "in-use", "application-lb app/shop/50dc6c495c0c9188"},
		{"ELB net/shop/50dc6c495c0c9188", "network_load_balancer", "amazon-elb", "in-use", "network-lb net/shop/50dc6c495c0c9188"},
		{"ELB gwy/fw/1", "gateway_load_balancer", "amazon-elb", "in-use", "gateway-lb gwy/fw/1"},
		{"ELB old", "interface", "amazon-elb", "in-use", "classic-lb old"},
		{"Interface for NAT Gateway nat-0c5e", "nat_gateway", "036472198543", "in-use", "nat-gateway nat-0c5e"},
		{"VPC Endpoint Interface vpce-0e8b", "vpc_endpoint", "727180483921", "in-use", "vpc-endpoint vpce-0e8b"},
		{"VPC Endpoint Interface vpce-0e8b", "gateway_load_balancer_endpoint", "727180483921", "in-use", "vpc-endpoint vpce-0e8b"},
		{"AWS Lambda VPC ENI-shop-orders-30bb1fd5-e726-4d80-9ff2-52fd62cd548c", "lambda", "AROA:x", "in-use", "lambda-function shop-orders"},
		{"AWS Lambda VPC ENI-shop-orders", "lambda", "AROA:x", "in-use", "lambda-function shop-orders"},
		{"AWS Lambda VPC ENI: 30bb1fd5-e726-4d80-9ff2-52fd62cd548c", "interface", "AROA:x", "available", "lambda-function "},
		{"RDSNetworkInterface", "interface", "amazon-rds", "in-use", "rds "},
		{"EFS mount target for fs-0a7d (fsmt-0b)", "efs", "408262051798", "in-use", "efs fs-0a7d"},
		{"ElastiCache gateway-redis-001", "interface", "amazon-elasticache", "in-use", "elasticache gateway-redis-001"},
		{"ES shared-01", "interface", "amazon-elasticsearch", "in-use", "opensearch shared-01"},
		{"Network Interface for Transit Gateway Attachment tgw-attach-01", "transit_gateway", "910342476613", "in-use", "transit-gateway tgw-attach-01"},
		{"arn:aws:ecs:eu-west-1:012345678901:attachment/8f3d", "interface", "578734482556", "in-use", "ecs-task 8f3d"},
		{"Amazon EKS prod", "interface", "998877", "in-use", "eks-cluster prod"},
		{"whatever", "quicksight", "AROA:x", "in-use", "quicksight "},
		{"whatever", "interface", "amazon-workspaces", "in-use", "workspaces "},
		{"whatever", "interface", "998877", "in-use", "service "},
		{"left over", "interface", "", "available", "unattached "},
		{"ELB of mine", "interface", "", "available", "unattached "}, // a user's own words
	} {
		e := candidate{Finding: Finding{Description: c.description, InterfaceType: c.kind, Status: c.status}, requester: c.requester, managed: c.requester != ""}
		e.own()
		if got := e.OwnerType + " " + e.Owner; got != c.want {
			t.Errorf("%s: %q, want %q", c.description, got, c.want)
		}
	}
	attached := candidate{Finding: Finding{Description: "aws-K8S-i-0a", InstanceId: "i-0a", Status: "in-use"}}
	if attached.own(); attached.OwnerType+" "+attached.Owner != "instance i-0a" {
		t.Errorf("%+v", attached.Finding)
	}
}
