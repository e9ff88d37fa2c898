package awssim

import "testing"

func TestPolicy(t *testing.T) {
	t.Parallel()
	const allow, deny = `{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}`, `{"Effect": "Deny", "Action": ["EC2:Describe*"], "Resource": "*"}`
	const allowBut, denyBut = `{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}`, `{"Effect": "Deny", "NotAction": ["sts:*"], "Resource": "*"}`
	for _, c := range []struct {
		statements string
		permits    []string
		refuses    []string
	}{
		{allow, []string{"ec2:DescribeRegions"}, []string{"s3:ListAllMyBuckets"}},
		{allow + "," + deny, []string{"ec2:RunInstances"}, []string{"ec2:DescribeRegions", "s3:ListAllMyBuckets"}},
		{deny, nil, []string{"ec2:RunInstances", "ec2:DescribeRegions"}},
		{allowBut, []string{"ec2:DescribeRegions"}, []string{"s3:ListAllMyBuckets"}},
		{allowBut + `,{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}`, []string{"ec2:DescribeRegions", "s3:ListAllMyBuckets"}, []string{"s3:GetObject"}},
		{allowBut + "," + denyBut, []string{"sts:AssumeRole"}, []string{"ec2:DescribeRegions", "s3:ListAllMyBuckets"}},
	} {
		var p policy
		if !p.add(`{"Version": "2012-10-17", "Statement": [` + c.statements + `]}`) {
			t.Errorf("%s is no policy", c.statements)
		}
		for _, action := range c.permits {
			if !p.permits(action) {
				t.Errorf("%s refuses %s", c.statements, action)
			}
		}
		for _, action := range c.refuses {
			if p.permits(action) {
				t.Errorf("%s permits %s", c.statements, action)
			}
		}
	}
	for _, text := range []string{
		`{"Statement": []}`, `[]`, `{"Statement": {"Effect": "Allow", "Action": "*"}}`, `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}}`,
		`{"Statement": {"Effect": "Allow", "Action": "*", "NotAction": "s3:*", "Resource": "*"}}`,
		`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "x"}}`,
	} {
		if new(policy).add(text) {
			t.Errorf("%s is taken for a policy", text)
		}
	}
}
